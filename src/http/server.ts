import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';
import type { Logger } from 'pino';
import { refusal } from '../errors.ts';
import { accessLog } from './access-log.ts';
import { createGraphQLRoute } from './graphql/route.ts';
import type { GraphQLServer } from './graphql/yoga.ts';
import type { Guard } from './guards/guards.ts';
import type { Identify } from './request/identify.ts';
import { refuse } from './request/refusal.ts';
import type { RequestIds } from './request/request-ids.ts';
import type { StreamHandler } from './stream/handler.ts';

/** An application that answers the requests of `@hono/node-server`. */
export interface HttpApp {
  fetch(request: Request, env: HttpBindings): Response | Promise<Response>;
}

export interface ServerOptions {
  graphql: GraphQLServer;
  identify: Identify;
  stream: StreamHandler;
  health: Hono;
  /** Its routes begin with `/api/v1`. */
  rest: HttpApp;
  /** Its routes begin with `/docs`. */
  docs: HttpApp;
  /** Its routes begin with `/console`. */
  consolePage: HttpApp;
  requestIds: RequestIds;
  guards: readonly Guard[];
  log: Logger;
  /** Aborts when the gateway begins to close. */
  closing: AbortSignal;
}

/** Puts the guards before the routes of the gateway. */
export function createServerApp(options: ServerOptions) {
  const { graphql, identify, stream, health, rest, docs, consolePage, requestIds, guards, log, closing } =
    options;
  const app = new Hono<{ Bindings: HttpBindings; Variables: RequestIdVariables }>();
  app.use(requestIds.middleware, accessLog(log, closing));
  for (const guard of guards) app.use(guard);

  app.get('/', (c) => c.redirect('/graphql'));
  app.route('/health', health);
  app.all('/graphql', createGraphQLRoute(graphql, identify));
  app.all('/graphql/stream', async (c) => {
    const { incoming, outgoing } = c.env;
    await stream(incoming, outgoing, { httpRequestId: c.get('requestId'), sentRequest: c.req.raw });
    return RESPONSE_ALREADY_SENT;
  });
  app.all('/api/v1/*', (c) => rest.fetch(c.req.raw, c.env));
  app.all('/docs/*', (c) => docs.fetch(c.req.raw, c.env));
  app.all('/console/*', (c) => consolePage.fetch(c.req.raw, c.env));

  app.notFound((c) => refuse(c, refusal('NOT_FOUND', 'Not Found')));
  app.onError((error, c) => {
    log.error({ err: error, httpRequestId: c.get('requestId') }, 'a request failed');
    return refuse(c, refusal('INTERNAL_SERVER_ERROR', 'Internal Server Error'));
  });
  return app;
}
