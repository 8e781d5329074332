import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Prisma } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import type { AudioLibrary } from '../audio/audio-library.ts';
import { PieceSize } from './piece-size.ts';

export interface RemovalSweepOptions {
  database: Database;
  /** Deletes the blobs of recordings that no message has any more. */
  audio: Pick<AudioLibrary, 'release'>;
  log: Logger;
}

/** Sessions that are deleted together, because a transaction for each would take much longer. */
export const sessionsAtOnce = 50;
/** Milliseconds after which a sweep that failed is tried again. */
const retryMs = 10_000;

/**
 * Deletes the rows of deleted sessions and cleared messages, which are hidden already, in short transactions. Other
 * requests run between two of them.
 */
export class RemovalSweep implements AsyncDisposable {
  readonly #options: RemovalSweepOptions;
  readonly #sweeps = new Set<Promise<void>>();
  #isClosing = false;

  constructor(options: RemovalSweepOptions) {
    this.#options = options;
  }

  /** Goes on with what an earlier gateway has left, without being waited for. */
  async resume(): Promise<void> {
    const sessions = await this.#options.database.$queryRaw<{ id: number }[]>`
      SELECT "id" FROM "Session" WHERE "clearedThroughId" > 0`;
    void this.#finishAll(sessions.map(({ id }) => Number(id)));
  }

  /**
   * Deletes the hidden rows of these sessions. Never rejects, because the rows are hidden already: a failure, for
   * instance of a full disk, is logged and the sweep tried again. When the gateway closes, the next one goes on.
   */
  async finish(sessionIds: number[]): Promise<void> {
    if (sessionIds.length === 0) return;
    const sweep = this.#sweep(sessionIds).catch((err: unknown) => {
      this.#options.log.warn({ err }, 'deleted messages could not be removed from the database yet');
      setTimeout(() => void this.finish(sessionIds), retryMs).unref();
    });
    this.#sweeps.add(sweep);
    await sweep.finally(() => this.#sweeps.delete(sweep));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#sweeps);
  }

  async #finishAll(sessionIds: number[]): Promise<void> {
    for (let start = 0; start < sessionIds.length; start += sessionsAtOnce) {
      await this.finish(sessionIds.slice(start, start + sessionsAtOnce));
    }
  }

  async #sweep(sessionIds: number[]): Promise<void> {
    const { database, audio } = this.#options;
    const size = new PieceSize();
    while (!this.#isClosing) {
      const { blobs, isLast } = await database.$transaction((tx) => deletePiece(tx, sessionIds, size));
      await audio.release(blobs);
      if (isLast) return;
      await nextTurn();
    }
  }
}

/**
 * Deletes some runs of deleted sessions, then some hidden messages, and at last the deleted sessions. The runs go
 * first: otherwise each message would have to be taken out of its run.
 */
async function deletePiece(tx: Prisma.TransactionClient, sessionIds: number[], size: PieceSize) {
  const { rows } = size;
  const sessions = Prisma.sql`"Session"."id" IN (${Prisma.join(sessionIds)})`;
  const runs = await idsOf(
    tx,
    Prisma.sql`SELECT "Run"."id" FROM "Session" JOIN "Run" ON "Run"."sessionId" = "Session"."id"
      WHERE ${sessions} AND "Session"."deletedAt" IS NOT NULL LIMIT ${rows}`,
  );
  if (runs !== undefined)
    await size.measure(() => tx.$executeRaw`DELETE FROM "Run" WHERE "id" IN (${runs.list})`);
  if (runs?.count === rows) return { blobs: [], isLast: false };
  const messages = await idsOf(
    tx,
    Prisma.sql`SELECT "Message"."id" FROM "Session" JOIN "Message"
      ON "Message"."sessionId" = "Session"."id" AND "Message"."id" <= "Session"."clearedThroughId"
      WHERE ${sessions} ORDER BY "Session"."id", "Message"."id" LIMIT ${rows}`,
  );
  const blobs = messages === undefined ? [] : await deleteMessages(tx, messages.list, size);
  if (messages?.count === rows) return { blobs, isLast: false };
  await tx.$executeRaw`DELETE FROM "Session" WHERE ${sessions} AND "deletedAt" IS NOT NULL`;
  await tx.$executeRaw`UPDATE "Session" SET "clearedThroughId" = 0 WHERE ${sessions}`;
  return { blobs, isLast: true };
}

/** Returns the blobs of the recordings that the messages had. */
async function deleteMessages(
  tx: Prisma.TransactionClient,
  ids: Prisma.Sql,
  size: PieceSize,
): Promise<string[]> {
  const recordings = await tx.$queryRaw<{ sha256: string }[]>`
    SELECT DISTINCT "sha256" FROM "MessageAudio" WHERE "messageId" IN (${ids})`;
  await size.measure(() => tx.$executeRaw`DELETE FROM "Message" WHERE "id" IN (${ids})`);
  return recordings.map(({ sha256 }) => sha256);
}

/**
 * The rows of a piece, or undefined if there are none. Their ids are read before they are deleted: PostgreSQL would read
 * the whole table to find the rows of a subquery with a limit.
 */
async function idsOf(tx: Prisma.TransactionClient, select: Prisma.Sql) {
  const rows = await tx.$queryRaw<{ id: number | bigint }[]>(select);
  if (rows.length === 0) return undefined;
  return { list: Prisma.join(rows.map(({ id }) => id)), count: rows.length };
}
