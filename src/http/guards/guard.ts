import type { HttpBindings } from '@hono/node-server';
import type { GatewayError } from '../../errors.ts';

/** A request on its way to its route, and its response. */
export interface Arrival extends HttpBindings {
  /** The request that the route gets. Its headers and its URL are read from `incoming`. */
  request: Request;
  /** The path that is routed: without the query string, and decoded. */
  path: string;
}

/**
 * Looks at a request before its route does. It may set headers of the response on `outgoing`: every response gets them,
 * streamed ones too. Most guards need no promise, and then the request waits for nothing.
 *
 * @returns The error that refuses the request; `answered` if the guard has written the response; otherwise undefined.
 */
export type Guard = (arrival: Arrival) => Verdict | Promise<Verdict>;

export type Verdict = GatewayError | 'answered' | undefined;

/** Asks each guard in turn, until one does not let the request pass. */
export function passGuards(
  guards: readonly Guard[],
  arrival: Arrival,
  first = 0,
): Verdict | Promise<Verdict> {
  for (let index = first; index < guards.length; index += 1) {
    const verdict = guards[index]?.(arrival);
    if (verdict instanceof Promise) {
      return verdict.then((later) => later ?? passGuards(guards, arrival, index + 1));
    }
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}
