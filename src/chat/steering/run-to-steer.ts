import type { Run } from '../../generated/prisma/client.ts';
import { messagesOfBranch } from '../../storage/statements/messages.ts';
import type { Reader } from '../../storage/statements/statement.ts';

/**
 * The run whose answer a prompt is to join: the one that is RUNNING, if its answer is on the branch that leads to the prompt.
 * Null otherwise: the model of that run would be told a prompt of another conversation. Call it when the prompt is in its
 * place.
 *
 * @param live The unfinished runs of the session.
 */
export async function runToSteer(
  tx: Reader,
  live: readonly Pick<Run, 'id' | 'status' | 'assistantMessageId'>[],
  { sessionId, promptId }: { sessionId: number; promptId: number },
): Promise<number | null> {
  const running = live.find(({ status }) => status === 'RUNNING');
  const answerId = running?.assistantMessageId;
  if (answerId == null) return null;
  const [row] = await tx.all(messagesOfBranch, [promptId, sessionId, answerId - 1, answerId + 1, 1, 1]);
  return row?.id === answerId ? (running?.id ?? null) : null;
}
