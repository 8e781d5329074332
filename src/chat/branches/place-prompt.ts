import { encodeId, maxId } from '../../base/global-id.ts';
import { GatewayError } from '../../errors.ts';
import type { Message } from '../../generated/prisma/client.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { countLines, messageOfSession, placesOfMessages } from '../../storage/statements/lines.ts';
import { newestMessage } from '../../storage/statements/removal.ts';
import type { CountedSession } from '../../storage/statements/run-sessions.ts';
import type { Reader } from '../../storage/statements/statement.ts';

/** Where a prompt belongs, as its sender says. Ids are those of the database. By default it continues the branch. */
export interface PromptPlace {
  /** The prompt is another version of this one. */
  editOf?: number | null | undefined;
  /** This prompt is answered once more, and there is no new one. */
  answerTo?: number | null | undefined;
  /** The prompt follows this answer, whichever branch is shown. */
  replyTo?: number | null | undefined;
  /** The newest message of the branch that the sender has seen. */
  expectedHead?: number | null | undefined;
}

/** Versions of one message beside the first. Each message of a list shows all its versions. */
const mostVersions = 200;

export interface Placement {
  /** The message behind which the branch goes on; 0 for its beginning. Undefined: the newest of all messages. */
  parentId: number | undefined;
  /** The prompt that is answered once more. */
  prompt: Message | undefined;
}

/**
 * Finds out where the messages of a prompt belong. Call it in the transaction that stores them, with the session locked.
 *
 * @throws GatewayError NOT_FOUND or BAD_USER_INPUT for a message that cannot be edited or answered, or has too many versions;
 *   HEAD_MOVED.
 */
export async function placePrompt(
  tx: Reader,
  { sessionId, editOf, answerTo, replyTo, expectedHead }: PromptPlace & { sessionId: number },
  session: CountedSession,
): Promise<Placement> {
  if (expectedHead != null) await checkHead(tx, { sessionId, expectedHead }, session);
  if (answerTo != null) {
    const prompt = await findPrompt(tx, { id: answerTo, sessionId, field: 'input.answerTo' });
    if (prompt.status === 'CANCELLED') {
      const message = 'input.answerTo: this prompt was withdrawn; send it again instead.';
      throw new GatewayError('BAD_USER_INPUT', message, { field: 'input.answerTo' });
    }
    await refuseMany(tx, { sessionId, parentId: prompt.id, field: 'input.answerTo' });
    return { parentId: prompt.id, prompt };
  }
  if (editOf != null) {
    const { id } = await findPrompt(tx, { id: editOf, sessionId, field: 'input.editOf' });
    const [place] = await tx.all(placesOfMessages, [idList([id])]);
    const parentId = place?.parentId ?? 0;
    await refuseMany(tx, { sessionId, parentId, field: 'input.editOf' });
    return { parentId, prompt: undefined };
  }
  if (replyTo != null) {
    const field = 'input.replyTo';
    const { id } = await findMessage(tx, { id: replyTo, sessionId, field }, 'ASSISTANT');
    await refuseMany(tx, { sessionId, parentId: id, field });
    return { parentId: id, prompt: undefined };
  }
  return { parentId: session.headId ?? undefined, prompt: undefined };
}

async function checkHead(
  tx: Reader,
  { sessionId, expectedHead }: { sessionId: number; expectedHead: number },
  session: CountedSession,
): Promise<void> {
  const head = session.headId ?? (await newestShown(tx, sessionId, session.clearedThroughId));
  if (head === expectedHead) return;
  const message =
    'The conversation has moved on: `expectedHead` is not its newest message. Load it, and send the prompt again if it still fits.';
  throw new GatewayError('HEAD_MOVED', message, {
    field: 'input.expectedHead',
    head: head > 0 ? encodeId('Message', head) : null,
  });
}

/** 0 for a session without messages. */
async function newestShown(tx: Reader, sessionId: number, cleared: number): Promise<number> {
  const newest = await tx.get(newestMessage, [sessionId, sessionId, maxId]);
  return newest !== undefined && newest.id > cleared ? newest.id : 0;
}

async function refuseMany(
  tx: Reader,
  { sessionId, parentId, field }: { sessionId: number; parentId: number; field: string },
): Promise<void> {
  const lines = await tx.get(countLines, [sessionId, parentId, mostVersions]);
  if ((lines?.count ?? 0) < mostVersions) return;
  const message = `${field}: there are ${mostVersions} other versions already; delete some of them first.`;
  throw new GatewayError('BAD_USER_INPUT', message, { field });
}

interface Named {
  id: number;
  sessionId: number;
  /** The field of the input that names the message. */
  field: string;
}

function findPrompt(tx: Reader, named: Named): Promise<Message> {
  return findMessage(tx, named, 'USER');
}

async function findMessage(
  tx: Reader,
  { id, sessionId, field }: Named,
  role: Message['role'],
): Promise<Message> {
  const message = await tx.get(messageOfSession, [id, sessionId]);
  if (message === undefined) {
    throw new GatewayError('NOT_FOUND', `${field}: this session has no message ${id}.`, { field });
  }
  if (message.steeredIntoId !== null) {
    const problem = 'has joined an answer to another prompt; name that prompt';
    throw new GatewayError('BAD_USER_INPUT', `${field}: the prompt ${id} ${problem}.`, { field });
  }
  if (message.role === role) return message;
  const [expected, found] = role === 'USER' ? ['a prompt', 'an answer'] : ['an answer', 'a prompt'];
  throw new GatewayError('BAD_USER_INPUT', `${field}: expected ${expected}, and message ${id} is ${found}.`, {
    field,
  });
}
