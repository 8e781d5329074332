import type { Services } from '../context.ts';
import type { CurrentNumbers } from '../metrics/metrics.ts';
import { countQueuedRuns } from '../storage/statements/run-states.ts';

/** Reads the numbers of the moment from the parts of the gateway. */
export function currentNumbers({ engine, followers, registry, statements }: Services): CurrentNumbers {
  return {
    liveRuns: () => engine.liveRuns,
    waitingRuns: () => engine.waitingRuns,
    queuedRuns: async () => (await statements.get(countQueuedRuns, []))?.count ?? 0,
    followers: () => followers.open,
    connectedNodes: () => registry.connectedNodes,
  };
}
