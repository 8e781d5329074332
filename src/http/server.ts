import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { getPath } from 'hono/utils/url';
import type { Logger } from 'pino';
import { refusal } from '../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { createAccessLog } from './access-log.ts';
import type { AnswerKnownQuery } from './graphql/answer-known-query.ts';
import { createGraphQLRoute } from './graphql/route.ts';
import type { GraphQLServer } from './graphql/yoga.ts';
import { type Arrival, type Guard, passGuards, type Verdict } from './guards/guard.ts';
import type { Identify } from './request/identify.ts';
import { refuse, sendRefusal } from './request/refusal.ts';
import { factsOf, noteErrors } from './request/request-facts.ts';
import type { RequestIds } from './request/request-ids.ts';
import type { RouteBindings } from './request/route-bindings.ts';
import type { SocketDoor } from './socket-door.ts';
import type { StreamHandler } from './stream/handler.ts';

/** An application that answers the requests of `@hono/node-server`. */
export interface HttpApp {
  fetch(request: Request, env: HttpBindings): Response | Promise<Response>;
}

/** The application of the gateway, which opens WebSockets too. */
export interface ServerApp extends HttpApp {
  /** @param env With `head` for a request that wants to become a WebSocket: the bytes that came behind it. */
  fetch(request: Request, env: HttpBindings & { head?: Buffer }): Response | Promise<Response>;
}

export interface ServerOptions {
  graphql: GraphQLServer;
  answerKnownQuery: AnswerKnownQuery;
  identify: Identify;
  stream: StreamHandler;
  sockets: SocketDoor;
  health: Hono;
  /** Its routes begin with `/api/v1`. */
  rest: HttpApp;
  /** Its routes begin with `/v1`, `/ai-sdk` and `/ag-ui`. */
  dialects: HttpApp;
  /** Its routes begin with `/docs`. */
  docs: HttpApp;
  /** Its routes begin with `/console`. */
  consolePage: HttpApp;
  /** Its routes begin with `/workspaces`. */
  workspaces: Hono<{ Bindings: RouteBindings }>;
  /** Its route is `/metrics`. Undefined where the gateway counts nothing, or shows it at another port. */
  metricsRoute: Hono<{ Bindings: HttpBindings }> | undefined;
  /** Undefined where the gateway counts nothing. */
  metrics: Metrics | undefined;
  requestIds: RequestIds;
  guards: readonly Guard[];
  log: Logger;
  /** Aborts when the gateway begins to close. */
  closing: AbortSignal;
}

/** Puts the guards and the access log before the routes of the gateway. Nothing here waits unless a guard or a route does. */
export function createServerApp(options: ServerOptions): ServerApp {
  const { requestIds, guards, log, closing, metrics, sockets } = options;
  const routes = createRoutes(options);
  const logAccess = createAccessLog(log, closing, metrics);
  const answer = (
    verdict: Verdict,
    { request, path, head, ...bindings }: Arrival & RouteBindings & { head: Buffer | undefined },
  ) => {
    if (verdict === undefined) {
      if (head === undefined) return routes(request, path, bindings);
      return sockets.open({ request, head, ...bindings }).then(() => RESPONSE_ALREADY_SENT);
    }
    if (verdict !== 'answered') {
      noteErrors(factsOf(request), [verdict]);
      sendRefusal(bindings.outgoing, path, verdict);
    }
    return RESPONSE_ALREADY_SENT;
  };
  return {
    fetch(request, { incoming, outgoing, head }) {
      const httpRequestId = requestIds.give(request, incoming);
      outgoing.setHeader('X-Request-Id', httpRequestId);
      const arrival = { request, incoming, outgoing, head, path: getPath(request), httpRequestId };
      logAccess(arrival);
      const fail = (err: unknown) => {
        // A route may fail because its client has left.
        if (!outgoing.destroyed) log.error({ err, httpRequestId }, 'a request failed');
        return answer(refusal('INTERNAL_SERVER_ERROR', 'Internal Server Error'), arrival);
      };
      const finish = (response: Response) => {
        // A guard may have answered while the route was still at work.
        return outgoing.headersSent ? RESPONSE_ALREADY_SENT : response;
      };
      try {
        const verdict = passGuards(guards, arrival);
        const response =
          verdict instanceof Promise
            ? verdict.then((later) => answer(later, arrival))
            : answer(verdict, arrival);
        return response instanceof Promise ? response.catch(fail).then(finish) : finish(response);
      } catch (error) {
        return Promise.resolve(fail(error)).then(finish);
      }
    },
  };
}

type Routes = (request: Request, path: string, bindings: RouteBindings) => ReturnType<HttpApp['fetch']>;

function createRoutes({ rest, dialects, ...options }: ServerOptions): Routes {
  const others = createOtherRoutes(options);
  // REST and the dialects have routers of their own.
  const appOf = (path: string) => (restPath.test(path) ? rest : dialectPath.test(path) ? dialects : others);
  return (request, path, bindings) => appOf(path).fetch(request, bindings);
}

const restPath = /^\/api\/v1(\/|$)/;
const dialectPath = /^\/(v1|ai-sdk|ag-ui)(\/|$)/;

function createOtherRoutes(options: Omit<ServerOptions, 'rest' | 'dialects'>) {
  const {
    graphql,
    answerKnownQuery,
    identify,
    stream,
    health,
    docs,
    consolePage,
    workspaces,
    metricsRoute,
    log,
  } = options;
  const app = new Hono<{ Bindings: RouteBindings }>();
  app.get('/', (c) => c.redirect('/graphql'));
  app.route('/health', health);
  app.all('/graphql', createGraphQLRoute(graphql, identify, answerKnownQuery));
  app.all('/graphql/stream', async (c) => {
    const { incoming, outgoing, httpRequestId } = c.env;
    await stream(incoming, outgoing, { httpRequestId, sentRequest: c.req.raw });
    return RESPONSE_ALREADY_SENT;
  });
  app.all('/docs/*', (c) => docs.fetch(c.req.raw, c.env));
  app.all('/console/*', (c) => consolePage.fetch(c.req.raw, c.env));

  app.route('/workspaces', workspaces);
  if (metricsRoute) app.route('/', metricsRoute);

  app.notFound((c) => refuse(c, refusal('NOT_FOUND', 'Not Found')));
  app.onError((error, c) => {
    log.error({ err: error, httpRequestId: c.env.httpRequestId }, 'a request failed');
    return refuse(c, refusal('INTERNAL_SERVER_ERROR', 'Internal Server Error'));
  });
  return app;
}
