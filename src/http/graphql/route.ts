import type { HttpBindings } from '@hono/node-server';
import { GraphQLError } from 'graphql';
import type { Context } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';
import { createGraphiQLPage } from '../pages/graphiql-page.ts';
import type { Identify } from '../request/identify.ts';
import type { GraphQLServer } from './yoga.ts';

type HttpContext = Context<{ Bindings: HttpBindings; Variables: RequestIdVariables }>;

/**
 * GraphiQL for who wants a page. Else Yoga, unless it is a request that Yoga answers without saying why, or
 * nobody's: then its body is not read. GraphiQL itself is everybody's.
 */
export function createGraphQLRoute(
  yoga: GraphQLServer,
  identify: Identify,
): (c: HttpContext) => Promise<Response> {
  const openGraphiQL = createGraphiQLPage();
  return async (c) => {
    const { method } = c.req;
    if (method === 'GET' && c.req.header('accept')?.includes('text/html')) {
      const { html, policy } = await openGraphiQL();
      return c.html(html, 200, { 'Content-Security-Policy': policy });
    }
    if (method !== 'GET' && method !== 'POST') {
      const errors = [{ message: 'Use GET or POST.', extensions: { code: 'METHOD_NOT_ALLOWED' } }];
      return c.json({ errors }, 405, { allow: 'GET, POST' });
    }
    const refusal = await refusalOf(identify(c.req.raw));
    if (refusal) return refusal;
    // Or a proxy like nginx would hold the events back. Yoga does not say it.
    c.env.outgoing.setHeader('X-Accel-Buffering', 'no');
    const { incoming, outgoing } = c.env;
    return yoga.fetch(c.req.raw, { httpRequestId: c.get('requestId'), incoming, outgoing });
  };
}

async function refusalOf(identity: Promise<unknown>): Promise<Response | undefined> {
  try {
    await identity;
    return undefined;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const { http, ...extensions } = error.extensions;
    return Response.json({ errors: [{ message: error.message, extensions }] }, http);
  }
}
