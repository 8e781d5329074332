import type { Logger } from 'pino';
import { cutText } from '../../base/cut-text.ts';
import type { Run } from '../../generated/prisma/client.ts';
import { plainStatement } from '../../storage/statements/row-decoder.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import type { MadeStep } from '../history/save-step.ts';
import { type RunEnd, runFailureCodes } from '../log/run-event.ts';

/** How a run ended, with the step that completed it, or the error behind a failure for the gateway's own log. */
export type RunOutcome = RunEnd & { lastStep?: MadeStep; cause?: unknown };

const promptById = plainStatement<{ content: string }>('SELECT "content" FROM "Message" WHERE "id" = ?');

/** Logs how a run ended; of a failed run also why, in the words of its provider. */
export async function logOutcome(
  log: Logger,
  run: Run,
  outcome: RunOutcome,
  statements: Reader,
): Promise<void> {
  const { providerName: provider, modelName: model } = run;
  if (outcome.status !== 'FAILED') return log.info({ status: outcome.status, provider, model }, 'run ended');
  const { status, code, reason, cause: err } = outcome;
  // The gateway's own sentence quotes nobody.
  const isOwn = reason === runFailureCodes[code];
  const words = isOwn ? reason : withoutPrompt(reason, await readPrompt(run, statements));
  log.warn({ status, provider, model, code, reason: words, ...(err !== undefined && { err }) }, 'run failed');
}

/** Undefined if it cannot be read, for instance because the database is what has failed. */
async function readPrompt({ userMessageId: id }: Run, statements: Reader): Promise<string | undefined> {
  if (id === null) return '';
  try {
    return (await statements.get(promptById, [id]))?.content;
  } catch {
    return undefined;
  }
}

/** As many characters in a row that also stand in the prompt are a quotation. */
const quotation = 12;

/** Providers quote prompts in their errors, and the log must hold no prompt: a quotation becomes `[…]`. */
function withoutPrompt(reason: string, prompt: string | undefined): string {
  const colon = reason.indexOf(':');
  if (prompt === undefined) return colon === -1 ? reason : cutText(reason, colon);
  const whole = prompt.trim();
  if (whole === '') return reason;
  if (whole.length <= quotation) return reason.replaceAll(whole, '[…]');
  let shown = '';
  for (let at = 0; at < reason.length; at += 1) {
    let end = at + quotation;
    if (end > reason.length || !whole.includes(reason.slice(at, end))) {
      shown += reason[at];
      continue;
    }
    while (end < reason.length && whole.includes(reason.slice(at, end + 1))) end += 1;
    shown += '[…]';
    at = end - 1;
  }
  return shown;
}
