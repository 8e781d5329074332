import { noteDeed } from '../../changes/audit.ts';
import type { NewChange } from '../../changes/change.ts';
import { sessionById } from '../../storage/statements/sessions.ts';
import { answerToolCall } from '../../storage/statements/tool-calls.ts';
import { toolErrorCodes } from '../../tools/tool-runner.ts';
import type { ApprovalEffects, AskedCall, DecisionStores } from './store-decision.ts';

/** How a call ends that waited for a client. */
export interface ClientOutcome {
  status: 'SUCCEEDED' | 'FAILED';
  /** The text for the model. */
  result: string;
  errorCode: 'FAILED' | 'CLIENT_TIMEOUT' | null;
  /** The `userId` of the user whose client answered; null if none did in time. */
  answeredBy: string | null;
}

/** The outcome of a call that no client answered in time. */
export const unanswered: ClientOutcome = {
  status: 'FAILED',
  result: toolErrorCodes.CLIENT_TIMEOUT,
  errorCode: 'CLIENT_TIMEOUT',
  answeredBy: null,
};

/**
 * Ends a call that waits for a client, unless it does not wait any more, and tells the followers of the session.
 *
 * @param startedAt When a client was asked to run it. Null: a question, which takes no time of a tool.
 */
export async function storeAnswer(
  call: AskedCall,
  { status, result, errorCode, answeredBy }: ClientOutcome,
  startedAt: Date | null,
  { statements, changes, noted }: DecisionStores & Pick<ApprovalEffects, 'noted'>,
): Promise<void> {
  const now = new Date();
  const durationMs = startedAt === null ? 0 : Math.max(0, now.getTime() - startedAt.getTime());
  const told = await statements.transaction(async (tx) => {
    const columns = [status, result, errorCode, answeredBy, now, durationMs, call.rowId];
    if ((await tx.run(answerToolCall, columns)) === 0) return [];
    if (noted) {
      const session = await tx.get(sessionById, [call.sessionId]);
      await noteDeed(tx, noted.actor, { ...noted.deed, ownerId: session?.userId ?? noted.actor.userId });
    }
    return changes.write(tx, [answerSettled(call, answeredBy !== null)]);
  });
  changes.ring(told);
}

/** @param answered False: no client answered in time, or no answer is needed any more. */
export function answerSettled(call: AskedCall, answered: boolean): NewChange {
  const { sessionId, runId, messageId, callId } = call;
  return { kind: 'ToolAnswerSettled', sessionId, runId, messageId, callId, answered };
}
