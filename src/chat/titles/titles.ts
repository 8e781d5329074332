import type { Logger } from 'pino';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { Run } from '../../generated/prisma/client.ts';
import type { Quotas } from '../../limits/quotas.ts';
import { addDailyUsage } from '../../storage/statements/daily-usage.ts';
import { addModelUsage } from '../../storage/statements/run-sessions.ts';
import { firstPrompt, giveTitle, untitledSession } from '../../storage/statements/session-titles.ts';
import { sessionById } from '../../storage/statements/sessions.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { textBytes } from '../../storage/stored-bytes.ts';
import type { Budgets } from '../budgets/budgets.ts';
import type { CallLimits } from '../models/call/call-model.ts';
import type { Models } from '../models/models.ts';
import { readSettings } from '../models/settings/stored-settings.ts';
import { askForText } from '../own-requests/ask-for-text.ts';
import { countParameters, noUsage, type Usage } from '../usage/usage.ts';
import { dayOf } from '../usage/usage-report.ts';
import { cleanTitle } from './clean-title.ts';
import { titleInstructions, titleMaterial } from './title-request.ts';

export interface TitlesOptions {
  statements: Statements;
  models: Models;
  changes: ChangeLog;
  quotas: Pick<Quotas, 'add'>;
  budgets: Pick<Budgets, 'usedUp'>;
  callLimits: CallLimits;
  log: Logger;
}

/** Completed answers after which a session without a title may get one. Those behind the first are for failed tries. */
const tries = 3;
/** How long a model may take, in milliseconds. */
const timeoutMs = 30_000;
/** A model that writes more than this writes no title, in UTF-16 code units. */
const mostCharacters = 400;
/** Titles that are made at once. A session whose turn does not come is tried after its next answer. */
const mostAtOnce = 50;

/**
 * Gives sessions without a title one, when their first answer is complete: the model that has answered writes it. The demo
 * model writes none, so it is the beginning of the prompt. A title that a person gives in the meantime stays. A failure is
 * logged, and a stop of the gateway leaves the session without a title.
 */
export class Titles implements AsyncDisposable {
  readonly #options: TitlesOptions;
  readonly #closing = new AbortController();
  readonly #making = new Set<Promise<void>>();

  constructor(options: TitlesOptions) {
    this.#options = options;
  }

  /** Call it when the end of a completed run is stored and told. Nobody waits for the title. */
  afterAnswer(run: Run, answer: string): void {
    if (this.#closing.signal.aborted || this.#making.size >= mostAtOnce) return;
    const making = this.#make(run, answer).catch((err: unknown) => {
      if (!this.#closing.signal.aborted)
        this.#options.log.warn({ err, sessionId: run.sessionId }, 'a session got no title');
    });
    this.#making.add(making);
    void making.finally(() => this.#making.delete(making));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#making);
  }

  async #make({ id: runId, sessionId, providerName, modelName }: Run, answer: string): Promise<void> {
    const { statements, budgets, log } = this.#options;
    const session = await statements.get(untitledSession, [sessionId, tries + 1, sessionId]);
    if (session === undefined || session.completedRuns > tries) return;
    const prompt = await statements.get(firstPrompt, [sessionId]);
    if (prompt === undefined) return;
    const usage = noUsage({ providerName, modelName });
    // The next answer tries again, when the user may spend something.
    if ((await budgets.usedUp(session.userId, { runId, usage })) !== undefined) return;
    const made =
      providerName === 'demo'
        ? { text: prompt.content, usage }
        : await this.#ask(
            { providerName, modelName, settings: readSettings(session.settings) },
            prompt.content,
            answer,
          );
    const title = made.text === undefined ? undefined : cleanTitle(made.text);
    await this.#store(sessionId, prompt.id, title, made.usage);
    if (title !== undefined) return;
    log.warn({ sessionId, reason: made.failure ?? 'the text is no title' }, 'a session got no title');
  }

  async #ask(
    choice: Parameters<Models['resolve']>[0],
    prompt: string,
    answer: string,
  ): Promise<{ text: string | undefined; failure?: string | undefined; usage: Usage }> {
    const model = await this.#options.models.resolve(choice);
    return askForText({
      model,
      instructions: titleInstructions,
      material: titleMaterial(prompt, answer),
      ...{ mostCharacters, timeoutMs },
      limits: this.#options.callLimits,
      signal: this.#closing.signal,
    });
  }

  /** Counts the tokens, also where there is no title. */
  async #store(sessionId: number, promptId: number, title: string | undefined, usage: Usage): Promise<void> {
    const { statements, changes, quotas } = this.#options;
    const bytes = textBytes(title);
    const stored = await statements.transaction(async (tx) => {
      await tx.lockSession(sessionId);
      if ((await tx.get(sessionById, [sessionId])) === undefined) return undefined;
      const { providerName, modelName, measured } = usage;
      if (usage.inputTokens + usage.outputTokens > 0) {
        const used = [providerName, modelName, ...countParameters(usage), measured];
        await tx.run(addModelUsage, [sessionId, ...used]);
        await tx.run(addDailyUsage, [dayOf(new Date()), ...used, sessionId]);
      }
      if (title === undefined) return undefined;
      const session = await tx.get(giveTitle, [title, bytes, new Date(), sessionId, promptId]);
      if (session === undefined) return undefined;
      const { userId } = session;
      return { userId, told: await changes.write(tx, [{ kind: 'SessionUpdated', sessionId, userId }]) };
    });
    if (stored === undefined) return;
    quotas.add(stored.userId, bytes);
    changes.ring(stored.told);
  }
}
