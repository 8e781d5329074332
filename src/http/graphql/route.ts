import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';
import type { GraphQLServer } from './yoga.ts';

type HttpContext = Context<{ Bindings: HttpBindings; Variables: RequestIdVariables }>;

/** Hands a request to Yoga, unless it is of a kind that Yoga answers without saying why. */
export function createGraphQLRoute(yoga: GraphQLServer): (c: HttpContext) => Promise<Response> {
  return async (c) => {
    const { method } = c.req;
    if (method !== 'GET' && method !== 'POST') {
      const errors = [{ message: 'Use GET or POST.', extensions: { code: 'METHOD_NOT_ALLOWED' } }];
      return c.json({ errors }, 405, { allow: 'GET, POST' });
    }
    // Or a proxy like nginx would hold the events back. Yoga does not say it.
    c.env.outgoing.setHeader('X-Accel-Buffering', 'no');
    const { incoming, outgoing } = c.env;
    return yoga.fetch(c.req.raw, { httpRequestId: c.get('requestId'), incoming, outgoing });
  };
}
