import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import { repeat } from '../base/repeat.ts';
import { deleteChangesThrough, oldestChanges } from '../storage/statements/changes.ts';
import type { Statements } from '../storage/statements/statement.ts';

export interface ChangeSweepOptions {
  statements: Statements;
  /** How long changes are kept, in milliseconds. */
  keepMs: number;
  log: Logger;
}

/** Rows that one transaction deletes. */
const pieceSize = 1_000;
/** Milliseconds between two sweeps, at least and at most. */
const [shortestPause, longestPause] = [1_000, 600_000];

/** Deletes old changes from time to time, in pieces. Disposing ends that, and waits for a piece that is being deleted. */
export function sweepChangesRegularly(options: ChangeSweepOptions): AsyncDisposable {
  const { keepMs, log } = options;
  const closing = new AbortController();
  const pause = Math.min(longestPause, Math.max(shortestPause, keepMs / 10));
  const sweeps = repeat(pause, () =>
    sweepChanges(options, closing.signal).catch((err: unknown) =>
      log.warn({ err }, 'old changes could not be deleted'),
    ),
  );
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await sweeps[Symbol.asyncDispose]();
    },
  };
}

/**
 * Deletes the oldest changes up to the first that must be kept, in the order of their positions, because a follower takes a
 * change that is there as a sign that all later ones are. The newest one of all stays, too.
 */
async function sweepChanges({ statements, keepMs }: ChangeSweepOptions, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() - keepMs;
  while (!signal.aborted) {
    const deleted = await statements.transaction(async (tx) => {
      const oldest = await tx.all(oldestChanges, [pieceSize + 1]);
      const kept = oldest.findIndex(({ at }) => at >= deadline);
      const count = Math.min(kept === -1 ? oldest.length : kept, oldest.length - 1);
      const last = oldest[count - 1];
      return last ? tx.run(deleteChangesThrough, [last.transactionId, last.id]) : 0;
    });
    if (deleted < pieceSize) return;
    await nextTurn();
  }
}
