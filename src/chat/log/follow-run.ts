import { type Bell, hangBell } from '../../bus/bell.ts';
import type { Bus } from '../../bus/bus.ts';
import type { Database } from '../../storage/database.ts';
import { mergeDeltas } from './merge-deltas.ts';
import { readRunEnd } from './read-run-end.ts';
import { isTerminal, type RunEvent, withGap } from './run-event.ts';
import { type RunLog, runKey } from './run-writer.ts';

/** Entries read from the log at once. */
const pageSize = 256;
/** After this many empty reads the database is asked whether the run has ended without a terminal run event. */
const readsBeforeAskingDatabase = 15;

export interface FollowOptions {
  database: Database;
  log: RunLog;
  bus: Bus;
  /** How long a follower waits for a ring before it reads the log again, in milliseconds. */
  pollMs: number;
}

/**
 * Replays a run's log after the cursor and then follows it live until the terminal run event. The follower pulls, so
 * a slow follower needs no queue in the gateway. When the log has expired, the follower gets one `HistoryGap` and then
 * the terminal run event from the database.
 *
 * @param after The seq of the last run event already seen; 0 to begin with the first.
 * @param signal Stops following. The run continues.
 */
export async function* followRun(
  options: FollowOptions,
  runId: number,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<RunEvent> {
  using bell = hangBell(options.bus, runKey(runId), signal);
  let cursor = after;
  while (!signal.aborted) {
    const entries = await readNext(options, bell, { runId, after: cursor, signal });
    if (entries === undefined) {
      const rest = await readRunEnd(options.database, runId, cursor);
      if (rest === undefined) await bell.wait(options.pollMs);
      else return yield* rest;
    } else {
      for (const entry of entries) {
        yield entry;
        if (isTerminal(entry)) return;
        cursor = entry.seq;
      }
    }
  }
}

/** Waits for the next entries. Undefined when the log is gone, or silent for so long that the run may have ended. */
async function readNext(
  { log, pollMs }: FollowOptions,
  bell: Bell,
  { runId, after, signal }: { runId: number; after: number; signal: AbortSignal },
): Promise<RunEvent[] | undefined> {
  for (let reads = 0; reads < readsBeforeAskingDatabase && !signal.aborted; reads += 1) {
    const entries = await log.read(runKey(runId), after, pageSize);
    if (entries === null) return undefined;
    if (entries.length > 0) return mergeDeltas(withGap(entries, after));
    await bell.wait(pollMs);
  }
  return undefined;
}
