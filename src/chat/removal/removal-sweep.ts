import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Lease } from '../../lease/lease.ts';
import type { Quotas } from '../../limits/quotas.ts';
import { idList } from '../../storage/statements/dialect.ts';
import {
  blobsOfMessages,
  clearedSessions,
  deletedSessions,
  deleteMessages,
  deleteRuns,
  deleteSessions,
  endClearing,
  hiddenMessages,
  removedRanges,
  runsOfSessions,
  sessionsWithHiddenRows,
} from '../../storage/statements/removal.ts';
import type { Dialect, Statements, Writer } from '../../storage/statements/statement.ts';
import { unsentBlobs } from '../../storage/statements/uploads.ts';
import type { UploadedBlobs } from '../uploads/uploaded-blobs.ts';
import { PieceSize } from './piece-size.ts';
import { removePiece } from './remove-piece.ts';

export interface RemovalSweepOptions {
  statements: Statements;
  lease: Pick<Lease, 'onOtherGone'>;
  /** Deletes the blobs that no recording and no attachment has any more. */
  blobs: Pick<UploadedBlobs, 'release'>;
  /** Deletes the files of those of the sessions that were deleted. Stops early when the gateway closes. */
  removeFiles(sessionIds: readonly number[], isClosing: () => boolean): Promise<void>;
  quotas: Pick<Quotas, 'release'>;
  log: Logger;
}

/**
 * Sessions that are deleted together, because a transaction for each would take much longer. One of SQLite holds the
 * event loop; one of PostgreSQL is mostly waiting for it.
 */
export const sessionsAtOnce: Record<Dialect, number> = { sqlite: 50, postgresql: 200 };
/** Milliseconds after which a sweep that failed is tried again. */
const retryMs = 10_000;

/**
 * Deletes the rows of deleted sessions, and of cleared and deleted messages, which are hidden already, in short transactions. Other
 * requests run between two of them.
 */
export class RemovalSweep implements AsyncDisposable {
  readonly #options: RemovalSweepOptions;
  readonly #sweeps = new Set<Promise<void>>();
  #isClosing = false;

  constructor(options: RemovalSweepOptions) {
    this.#options = options;
    options.lease.onOtherGone(() => {
      this.resume().catch((err: unknown) =>
        options.log.warn({ err }, 'what another gateway has left to remove could not be read'),
      );
    });
  }

  /** Goes on with what a gateway has left that has ended, without being waited for. */
  async resume(): Promise<void> {
    const sessions = await this.#options.statements.all(sessionsWithHiddenRows, []);
    void this.#finishAll(sessions.map(({ id }) => id));
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
    const atOnce = sessionsAtOnce[this.#options.statements.dialect];
    for (let start = 0; start < sessionIds.length; start += atOnce) {
      await this.finish(sessionIds.slice(start, start + atOnce));
    }
  }

  async #sweep(sessionIds: number[]): Promise<void> {
    const { statements, removeFiles, blobs: store } = this.#options;
    const size = new PieceSize(statements.dialect);
    const deleted = listOf(await statements.all(deletedSessions, [idList(sessionIds)]));
    const hidden = { all: idList(sessionIds), deleted };
    while (!this.#isClosing) {
      const { blobs, isLast } = await statements.transaction((tx) => deletePiece(tx, hidden, size));
      await store.release(blobs);
      const removed = isLast ? await removePiece(this.#options, hidden.all, size) : undefined;
      if (removed) {
        await store.release(removed.blobs);
        await nextTurn();
        continue;
      }
      if (isLast) await removeFiles(sessionIds, () => this.#isClosing);
      const ended = isLast && !this.#isClosing && (await statements.transaction((tx) => end(tx, hidden)));
      if (ended) return store.release(ended.blobs);
      await nextTurn();
    }
  }
}

/** The sessions with hidden rows, and those of them that were deleted before the sweep began, each as an `idList`. */
interface Hidden {
  all: string;
  deleted: string;
}

/**
 * Deletes some runs of deleted sessions, then some hidden messages. The runs go first: otherwise each message would have
 * to be taken out of its run.
 */
async function deletePiece(tx: Writer, { all, deleted }: Hidden, size: PieceSize) {
  const { rows } = size;
  const runs = await tx.all(runsOfSessions, [deleted, rows, rows]);
  if (runs.length > 0) await size.measure(() => tx.run(deleteRuns, [listOf(runs)]));
  if (runs.length === rows) return { blobs: [], isLast: false };
  const messages = await tx.all(hiddenMessages, [all, rows, rows]);
  if (messages.length === 0) return { blobs: [], isLast: true };
  const list = listOf(messages);
  const blobs = await tx.all(blobsOfMessages, [list, list]);
  await size.measure(() => tx.run(deleteMessages, [list]));
  return { blobs: blobs.map(({ sha256 }) => sha256), isLast: messages.length < rows };
}

/**
 * Deletes the deleted sessions with their unsent attachments, whose blobs it returns, and shows the others as not
 * cleared. Undefined if there is more to delete: somebody has cleared a history or deleted messages again.
 */
async function end(tx: Writer, { all, deleted }: Hidden): Promise<{ blobs: string[] } | undefined> {
  for (const { id } of await tx.all(clearedSessions, [all])) await tx.lockSession(id);
  if ((await tx.all(hiddenMessages, [all, 1, 1])).length > 0) return undefined;
  if ((await tx.all(removedRanges, [all, 1])).length > 0) return undefined;
  const blobs = await tx.all(unsentBlobs, [deleted]);
  await tx.run(deleteSessions, [deleted]);
  await tx.run(endClearing, [all]);
  return { blobs: blobs.map(({ sha256 }) => sha256) };
}

function listOf(rows: readonly { id: number }[]): string {
  return idList(rows.map(({ id }) => id));
}
