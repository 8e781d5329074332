import { encodeId, maxId } from '../../base/global-id.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { GatewayError, messageNotFound, tryAgain } from '../../errors.ts';
import type { Message, Session } from '../../generated/prisma/client.ts';
import type { HolderCount } from '../../limits/holder-count.ts';
import type { Quotas } from '../../limits/quotas.ts';
import { findSession } from '../../storage/find-session.ts';
import { insertSummaryCopies } from '../../storage/statements/context-summaries.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { visibleMessageById } from '../../storage/statements/exchanges.ts';
import { linePlaceOf } from '../../storage/statements/lines.ts';
import { messagesOfBranch } from '../../storage/statements/messages.ts';
import { bytesOfMessages, unfinishedAnswers } from '../../storage/statements/removal.ts';
import {
  countCopies,
  insertAttachmentCopies,
  insertMessageCopies,
  insertRecordingCopies,
  insertSessionCopy,
  insertStepCopies,
  insertToolCallCopies,
  showSessionCopy,
} from '../../storage/statements/session-copies.ts';
import type { Statements, Writer } from '../../storage/statements/statement.ts';
import { settingBytes } from '../../storage/stored-bytes.ts';
import type { RemovalSweep } from '../removal/removal-sweep.ts';
import { promptsOfAnswers, SteeringCopies } from './copy-steering.ts';

export interface ForkSessionOptions {
  statements: Statements;
  quotas: Quotas;
  changes: ChangeLog;
  /** Deletes a copy that was broken off. */
  sweep: RemovalSweep;
  /** How many copies are being made for a user by this gateway. */
  copying: HolderCount<string>;
}

/** Ids of messages that are read at once. */
const idsAtOnce = 1_000;
/** Messages that one transaction copies. */
const messagesAtOnce = 50;
/** Bytes that one transaction copies, unless a single message has more. SQLite copies them on the event loop. */
const bytesAtOnce = 1_000_000;
/** Copies of one user that are made at once. Those of others, and their prompts, get their turns in between. */
const copiesAtOnce = 4;

/**
 * Copies the branch up to a message into a new session of the same user: messages, tool calls and files, and the
 * settings of the session. It has neither runs nor nodes nor files. The copy is made in pieces, and seen when it is whole.
 *
 * @throws GatewayError NOT_FOUND; RUN_IN_PROGRESS if one of the messages is being written; QUOTA_EXCEEDED; RATE_LIMITED
 *   while too many copies of the user are being made; OVERLOADED.
 */
export async function forkSession(
  { messageId, title }: { messageId: number; title: string | null | undefined },
  options: ForkSessionOptions,
): Promise<Session> {
  const { statements, quotas, sweep, copying } = options;
  const message = await statements.get(visibleMessageById, [messageId]);
  if (message === undefined) throw messageNotFound(messageId);
  const source = await findSession(statements, message.sessionId);
  await refuseUnfinished(statements, message);
  const place = await statements.get(linePlaceOf, [messageId, message.sessionId]);
  quotas.checkMessages(place?.messages ?? 0);
  using _copying = beginCopy(copying, source.userId);
  const kept = { ...source, title: title === undefined ? source.title : title };
  using reserved = await quotas.reserve(source.userId, { sessions: 1, bytes: settingBytes(kept) });
  const copy = await createCopy(statements, kept, messageId);
  let bytes = 0;
  try {
    const ids = await idsOfBranch(statements, message);
    const steering = new SteeringCopies();
    for await (const piece of piecesOf(statements, ids)) {
      await copyPiece(message, copy, piece, { ...options, steering });
      bytes += piece.bytes;
    }
    const shown = await showCopy(copy, ids.length, options);
    reserved.keep();
    return shown;
  } catch (error) {
    quotas.release(source.userId, { bytes });
    void sweep.finish([copy.id]);
    throw error;
  }
}

function beginCopy(copying: HolderCount<string>, userId: string): Disposable {
  if (copying.of(userId) < copiesAtOnce) return copying.enter(userId);
  const message = `${copiesAtOnce} sessions of yours are being copied; try again when one of them is there.`;
  throw tryAgain('RATE_LIMITED', message, { retryAfter: 2 });
}

async function createCopy(statements: Statements, kept: Session, messageId: number): Promise<Session> {
  const now = new Date();
  const copy = await statements.transaction((tx) =>
    tx.get(insertSessionCopy, [
      kept.title,
      now,
      now,
      now,
      settingBytes(kept),
      messageId,
      now,
      maxId,
      kept.id,
    ]),
  );
  if (copy === undefined) throw messageNotFound(messageId);
  return copy;
}

/** The messages up to one of them, and the prompts that have joined their answers, oldest first. */
async function idsOfBranch(statements: Statements, { id, sessionId }: Message): Promise<number[]> {
  const ids = new Set<number>();
  let end = id;
  for (let before = id + 1; ; before = end) {
    const rows = await statements.all(messagesOfBranch, [end, sessionId, 0, before, idsAtOnce, idsAtOnce]);
    const page = rows.map((row) => row.id).toSorted((a, b) => b - a);
    page.length = Math.min(page.length, idsAtOnce);
    for (const each of page) ids.add(each);
    for (const each of await promptsOfAnswers(statements, page)) ids.add(each);
    const oldest = page.at(-1);
    if (oldest === undefined || page.length < idsAtOnce) return [...ids].sort((a, b) => a - b);
    end = oldest;
  }
}

/** Messages that one transaction copies, and their bytes. */
interface Piece {
  ids: number[];
  bytes: number;
}

async function* piecesOf(statements: Statements, all: number[]): AsyncGenerator<Piece> {
  const waiting: number[][] = [];
  for (let start = 0; start < all.length; start += messagesAtOnce) {
    waiting.push(all.slice(start, start + messagesAtOnce));
    for (let ids = waiting.pop(); ids !== undefined; ids = waiting.pop()) {
      const list = idList(ids);
      const bytes = Number(
        (await statements.get(bytesOfMessages, [list, list, list, list, list]))?.bytes ?? 0,
      );
      if (bytes <= bytesAtOnce || ids.length === 1) {
        yield { ids, bytes };
        continue;
      }
      const middle = Math.ceil(ids.length / 2);
      waiting.push(ids.splice(middle), ids);
    }
  }
}

async function copyPiece(
  { id: messageId, sessionId }: Message,
  copy: Session,
  { ids, bytes }: Piece,
  { statements, quotas, steering }: ForkSessionOptions & { steering: SteeringCopies },
): Promise<void> {
  using reserved = await quotas.reserve(copy.userId, { bytes });
  await statements.transaction(async (tx) => {
    // While the session is locked, nobody deletes these messages, or blobs that only they have.
    await tx.lockSession(sessionId);
    if ((await tx.get(visibleMessageById, [messageId])) === undefined) throw messageNotFound(messageId);
    if ((await tx.get(countCopies, [ids.length, bytes, copy.id])) === undefined) throw brokenOff();
    await steering.copy(tx, await copyMessages(tx, copy, ids));
  });
  reserved.keep();
}

/** Returns the ids of the copies, by those of the messages. */
async function copyMessages(tx: Writer, copy: Session, ids: number[]): Promise<Map<number, number>> {
  const rows = await tx.all(insertMessageCopies, [copy.id, idList(ids)]);
  const copies = rows.map(({ id }) => id).toSorted((a, b) => a - b);
  const copied = JSON.stringify(ids.map((from, index) => ({ from, to: copies[index] })));
  await tx.run(insertToolCallCopies, [copied]);
  await tx.run(insertStepCopies, [copied]);
  await tx.run(insertRecordingCopies, [copied]);
  await tx.run(insertAttachmentCopies, [copy.id, copied]);
  await tx.run(insertSummaryCopies, [copy.id, copied]);
  return new Map(ids.map((from, index) => [from, copies[index] ?? 0]));
}

async function showCopy(
  { id, userId }: Session,
  messages: number,
  { statements, changes }: ForkSessionOptions,
): Promise<Session> {
  const { session, told } = await statements.transaction(async (tx) => {
    await tx.lockSession(id);
    const session = await tx.get(showSessionCopy, [id, messages]);
    // Another gateway has taken the copy for what an earlier one has left.
    if (session === undefined) throw brokenOff();
    return { session, told: await changes.write(tx, [{ kind: 'SessionCreated', sessionId: id, userId }]) };
  });
  changes.ring(told);
  return session;
}

async function refuseUnfinished(statements: Statements, { id, sessionId }: Message): Promise<void> {
  for (const run of await statements.all(unfinishedAnswers, [sessionId])) {
    const answerId = run.assistantMessageId ?? maxId;
    if (answerId > id) continue;
    const [row] = await statements.all(messagesOfBranch, [id, sessionId, answerId - 1, answerId + 1, 1, 1]);
    if (row?.id !== answerId) continue;
    const message = 'One of these messages is being written. Wait for the answer, or cancel its run.';
    throw new GatewayError('RUN_IN_PROGRESS', message, { runId: encodeId('Run', run.id) });
  }
}

function brokenOff(): GatewayError {
  return tryAgain('OVERLOADED', 'The session could not be copied now; try again in a moment.', {
    retryAfter: 2,
  });
}
