import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { shareTurn } from '../../base/share-turn.ts';
import { healthPath } from '../request/health-path.ts';

/**
 * Handles requests that arrive at the same moment 10 ms at a time. Node.js reads all sockets with data in one turn of the
 * event loop, so 40 prompts would hold it for 100 ms. Health checks do not wait.
 */
export function startFairly(): MiddlewareHandler<{ Bindings: HttpBindings }> {
  return async (c, next) => {
    const turn = healthPath.test(c.req.path) ? undefined : shareTurn('start');
    if (turn) await turn;
    return next();
  };
}
