import type { ChangeLog } from '../../changes/change-log.ts';
import type { MessageStatus, Run } from '../../generated/prisma/client.ts';
import type { CancelCause, FinishReason } from '../../generated/prisma/enums.ts';
import type { ChangeOwner } from '../../storage/statements/changes.ts';
import { endAnswer, withdrawPrompt } from '../../storage/statements/exchanges.ts';
import { addModelUsage, countAnswer } from '../../storage/statements/run-sessions.ts';
import { endRun, runById } from '../../storage/statements/run-states.ts';
import type { Statements, Writer } from '../../storage/statements/statement.ts';
import { cancelToolCalls, toolCallBytes } from '../../storage/statements/tool-calls.ts';
import { textBytes } from '../../storage/stored-bytes.ts';
import { insertStep, type MadeStep } from '../history/save-step.ts';
import type { RunEnd } from '../log/run-event.ts';
import { RunLostError } from '../log/run-hold.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import { countParameters, type Usage } from '../usage/usage.ts';

/** The data that is stored when a run ends. */
export interface EndedRun {
  run: Pick<Run, 'id' | 'sessionId' | 'fence' | 'userMessageId' | 'assistantMessageId' | 'answersAgain'>;
  end: RunEnd;
  content: string;
  reasoning: string;
  /** Whether the model called tools. */
  hasCalls: boolean;
  /** The step that completed the answer. The steps before it are stored already. */
  lastStep?: MadeStep | undefined;
  /** The seq of the terminal run event. */
  lastSeq: number;
  usage: Usage;
  /** Tokens that the session now takes up in the model's context; 0 leaves the session's number as it is. */
  contextTokens: number;
}

/** What the answer of an ended run added to what a user has stored. */
export interface StoredAnswer {
  userId: string;
  /** The text, the reasoning, and the arguments and results of the tool calls. */
  bytes: number;
  /** Who is to be told of the end. */
  told: ChangeOwner[];
}

export interface RunEndStores {
  statements: Statements;
  changes: Pick<ChangeLog, 'write'>;
}

/**
 * Saves how a run ended, in one transaction: the message with its whole text, its last step, the run's row, and the run's
 * tokens and bytes added to the session's. Rows that were deleted in the meantime are skipped.
 *
 * @param from The status that the run must still have. Otherwise nothing is saved.
 * @returns Undefined if nothing was saved.
 * @throws RunLostError if another gateway has taken over the run.
 */
export async function saveRunEnd(
  { statements, changes }: RunEndStores,
  ended: EndedRun,
  from: 'RUNNING' | 'QUEUED' = 'RUNNING',
): Promise<StoredAnswer | undefined> {
  const { run, end, usage } = ended;
  const tokenCount = await countTokens(ended.content);
  const finishReason = end.status === 'COMPLETED' ? end.finishReason : null;
  const cancelCause = end.status === 'CANCELLED' ? end.cancelCause : null;
  return statements.transaction(async (tx) => {
    await tx.lockSession(run.sessionId);
    const now = new Date();
    const changed = await tx.run(endRun, [
      end.status,
      ended.lastSeq,
      ...countParameters(usage),
      usage.measured,
      finishReason,
      cancelCause,
      end.status === 'FAILED' ? end.code : null,
      end.status === 'FAILED' ? end.reason : null,
      now,
      run.id,
      from,
      run.fence,
    ]);
    if (changed === 0) {
      const other = await tx.get(runById, [run.id]);
      if (other !== undefined && other.fence !== run.fence) throw new RunLostError(run.id);
      return undefined;
    }
    const bytes = await saveAnswer(tx, ended, { tokenCount, finishReason, cancelCause });
    if (from === 'QUEUED' && run.userMessageId !== null && !run.answersAgain) {
      // The prompt was withdrawn: no model may be shown it.
      await tx.run(withdrawPrompt, [cancelCause, run.userMessageId]);
    }
    const session = await addToSession(tx, ended, { bytes, now });
    if (session === undefined) return undefined;
    const { userId } = session;
    const { sessionId } = run;
    const told = await changes.write(tx, [{ kind: 'RunEnded', sessionId, userId, runId: run.id }]);
    return { userId, bytes, told };
  });
}

interface AnswerEnd {
  tokenCount: number;
  finishReason: FinishReason | null;
  cancelCause: CancelCause | null;
}

/** Returns the bytes of the answer and of its tool calls. */
async function saveAnswer(
  tx: Writer,
  { run: { assistantMessageId: id, fence }, end, content, reasoning, hasCalls, lastStep }: EndedRun,
  { tokenCount, finishReason, cancelCause }: AnswerEnd,
): Promise<number> {
  if (id === null) return 0;
  const columns = [content, reasoning || null, messageStatusOf(end), finishReason, cancelCause, tokenCount];
  if ((await tx.run(endAnswer, [...columns, id])) === 0) return 0;
  if (lastStep) await insertStep(tx, { messageId: id, fence }, lastStep);
  if (!hasCalls) return textBytes(content, reasoning);
  await tx.run(cancelToolCalls, [id]);
  const calls = await tx.get(toolCallBytes, [id]);
  return textBytes(content, reasoning) + (calls?.bytes ?? 0);
}

/** The status of the answer of a run that ended like this. */
export function messageStatusOf(end: RunEnd): MessageStatus {
  if (end.status === 'COMPLETED') return 'COMPLETE';
  return end.status === 'FAILED' && end.code === 'INTERRUPTED' ? 'INTERRUPTED' : end.status;
}

async function addToSession(
  tx: Writer,
  { run: { sessionId }, usage, contextTokens }: EndedRun,
  { bytes, now }: { bytes: number; now: Date },
): Promise<{ userId: string } | undefined> {
  const { providerName, modelName, measured } = usage;
  if (usage.inputTokens + usage.outputTokens > 0) {
    const counts = countParameters(usage);
    await tx.run(addModelUsage, [sessionId, providerName, modelName, ...counts, measured]);
  }
  return tx.get(countAnswer, [now, now, bytes, contextTokens > 0 ? contextTokens : null, sessionId]);
}
