import { createFeed, type Feed, feedEnd } from '../../base/feed.ts';
import { type Bell, hangBell } from '../../bus/bell.ts';
import type { Bus } from '../../bus/bus.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { storageFailure } from '../../storage/failure/storage-failure.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import { mergeDeltas } from './merge-deltas.ts';
import { readRunEnd } from './read-run-end.ts';
import { endsLog, type RunEvent, withGaps } from './run-event.ts';
import { type RunLog, runKey } from './run-writer.ts';

/** Entries read from the log at once. */
const pageSize = 256;
/** After this many empty reads the database is asked whether the run has ended without a terminal run event. */
const readsBeforeAskingDatabase = 15;

export interface FollowOptions {
  statements: Reader;
  log: RunLog;
  bus: Bus;
  /** How long a follower waits for a ring before it reads the log again, in milliseconds. */
  pollMs: number;
  metrics?: Metrics | undefined;
  /** A delta with this seq is not merged with the one behind it. */
  splitAt?: number | undefined;
}

/**
 * Replays a run's log after the cursor and then follows it live until the terminal run event. The follower pulls, so
 * a slow follower needs no queue in the gateway. When the log has expired, the follower gets one `HistoryGap` and then
 * the terminal run event from the database. The last entry of a run whose prompt has joined another answer is `RunJoined`.
 *
 * @param after The seq of the last run event already seen; 0 to begin with the first.
 * @param signal Stops following. The run continues.
 */
export function followRun(
  { statements, log, bus, pollMs, metrics, splitAt }: FollowOptions,
  runId: number,
  after: number,
  signal: AbortSignal,
): Feed<RunEvent> {
  const key = runKey(runId);
  let bell: Bell | undefined;
  /** The run events that were read, and how many of them have been taken. */
  let page: readonly RunEvent[] = [];
  let taken = 0;
  let cursor = after;
  /** Whether the log may have entries behind the page. */
  let mayHaveMore = true;
  let isGone = false;
  let emptyReads = 0;
  /** The rest of the run as the database has it. It counts if the log, which is read once more, still has no news. */
  let storedRest: readonly RunEvent[] | undefined;
  let ended = false;
  /** Run events that were in the log before are a replay, whose time says nothing about the gateway. */
  const followsSince = metrics && Date.now();

  const stop = () => {
    if (ended) return;
    ended = true;
    bell?.[Symbol.dispose]();
  };
  const open = (events: readonly RunEvent[]) => {
    page = events;
    taken = 0;
  };
  const accept = (entries: readonly RunEvent[] | null) => {
    if (ended) return;
    isGone = entries === null;
    if (storedRest !== undefined && (entries ?? []).length === 0) {
      open(storedRest);
      return stop();
    }
    storedRest = undefined;
    if (entries === null) return;
    mayHaveMore = entries.length === pageSize;
    emptyReads = entries.length === 0 ? emptyReads + 1 : 0;
    const complete = withGaps(entries, cursor);
    open(mergeDeltas(complete, splitAt));
    if (complete.length > page.length) metrics?.merged(complete.length - page.length);
  };
  /** Reads the next page. Returns a promise where the log does. */
  const read = () => {
    bell ??= hangBell({ bus, topic: key, signal, longestWaitMs: pollMs });
    mayHaveMore = false;
    if (signal.aborted) return stop();
    const entries = log.read(key, cursor, pageSize);
    return entries instanceof Promise ? entries.then(accept) : accept(entries);
  };
  /**
   * Asks whether the run has ended, because its log is gone, cannot be reached, or has been silent for long. The log may
   * have got the end, or be back, by the time the database has answered: then a follower must see no gap.
   */
  const askDatabase = async () => {
    const rest = await readRunEnd(statements, runId, cursor).catch((error: unknown) => {
      // While the database cannot be used, the run may go on: ask again later.
      if (storageFailure(error) === undefined) throw error;
      return undefined;
    });
    emptyReads = 0;
    storedRest = rest;
    if (rest === undefined || !isGone) await bell?.wait();
    mayHaveMore = true;
  };

  let reading: Promise<void> | undefined;
  return createFeed<RunEvent>({
    take() {
      if (taken === page.length && mayHaveMore && !ended) reading = read() ?? undefined;
      const event = page[taken];
      if (event === undefined) return ended ? feedEnd : undefined;
      taken += 1;
      cursor = event.seq;
      if (followsSince !== undefined && event.at >= followsSince) {
        metrics?.delivered((Date.now() - event.at) / 1_000);
      }
      if (endsLog(event)) stop();
      return { done: false, value: event };
    },
    wait() {
      const pending = reading;
      reading = undefined;
      if (pending) return pending;
      if (isGone || emptyReads >= readsBeforeAskingDatabase) return askDatabase();
      mayHaveMore = true;
      return bell?.wait() ?? Promise.resolve();
    },
    close() {
      open([]);
      stop();
    },
  });
}
