import { shareTurn } from '../../base/share-turn.ts';
import { healthPath } from '../request/health-path.ts';
import type { Arrival } from './guard.ts';

/**
 * Handles requests that arrive at the same moment 10 ms at a time. Node.js reads all sockets with data in one turn of the
 * event loop, so 40 prompts would hold it for 100 ms. Health checks do not wait.
 */
export function startFairly({ path }: Arrival): Promise<undefined> | undefined {
  if (healthPath.test(path)) return undefined;
  return shareTurn('start')?.then(() => undefined);
}
