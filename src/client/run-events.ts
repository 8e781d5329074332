import type { RunEventPartsFragment } from '../gql/client/graphql.ts';
import type { Failure, Retry } from './retry.ts';

/** Something that happens in a run: see `RunEvent` in the schema. */
export type RunEvent = RunEventPartsFragment;

const terminal: ReadonlySet<RunEvent['__typename']> = new Set(['RunCompleted', 'RunCancelled', 'RunFailed']);

/** Whether the run has ended with this run event. */
export function isTerminal(event: RunEvent): boolean {
  return terminal.has(event.__typename);
}

/**
 * Yields the run events of a run, each once, over lost connections.
 *
 * @param after The `seq` of the last run event that is known; 0 for all.
 * @param watch Follows the run from the cursor on that it asks for at each connection.
 */
export async function* followRun(
  after: number,
  retry: Retry,
  watch: (cursor: () => number, retry: Retry) => AsyncIterable<RunEvent>,
): AsyncGenerator<RunEvent> {
  let seq = after;
  let hasEnded = false;
  // A connection that is lost after the terminal run event has nothing more to bring.
  const unlessEnded = async (failure: Failure) => {
    if (hasEnded) throw failure.error;
    await retry(failure);
  };
  try {
    for await (const event of watch(() => seq, unlessEnded)) {
      seq = event.seq;
      hasEnded = isTerminal(event);
      yield event;
    }
  } catch (error) {
    if (!hasEnded) throw error;
  }
}
