import type { HttpBindings } from '@hono/node-server';

/** What the routes of the server know of a request beside the `Request`. */
export interface RouteBindings extends HttpBindings {
  /** The request's id in the log. */
  httpRequestId: string;
}
