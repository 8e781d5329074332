import { OpenAPIHono } from '@hono/zod-openapi';
import { constantResponse } from '../base/constant-response.ts';
import { methodsByPath } from '../base/methods-by-path.ts';
import type { Context } from '../context.ts';
import { GatewayError } from '../errors.ts';
import { userOf } from '../schema/access/access.ts';
import { restError } from './errors/graphql-error.ts';
import { RestError } from './errors/rest-error.ts';
import { openApiDocument } from './openapi-document.ts';
import type { RestContext, RestEnv, RestServices, Route } from './route/route.ts';
import { routes } from './routes.ts';

const documentPath = '/openapi.json';

export interface RestApiOptions extends RestServices {
  /** Finds the sender of a request. @throws GatewayError that refuses the request. */
  identify: (request: Request) => Promise<Pick<Context, 'viewer' | 'ticket'>>;
}

/**
 * Creates the legacy API under `/api/v1`, with its OpenAPI document at `/api/v1/openapi.json`.
 *
 * Streams and recordings are written directly to Node's response. The server must therefore be `@hono/node-server`.
 */
export function createRestApi(options: RestApiOptions): OpenAPIHono<RestEnv> {
  const { identify, log, note } = options;
  const app = new OpenAPIHono<RestEnv>().basePath('/api/v1');
  app.onError((error, c) => {
    if (error instanceof RestError) return answerError(c, error);
    if (error instanceof GatewayError) {
      note(c.req.raw, { errors: [error] });
      return answerError(c, restError([error], {}));
    }
    if (c.env.incoming.destroyed && !c.env.incoming.complete) {
      return answerError(c, new RestError(400, 'The request broke off'));
    }
    log.error({ err: error }, 'A REST request failed.');
    return answerError(c, new RestError(500, 'Internal Server Error'));
  });
  for (const route of routes) {
    app.openAPIRegistry.registerPath(route.openapi);
    const paths = pathsOf(route);
    const noted = { operationId: route.operationId, route: `/api/v1${route.path}` };
    // One handler, because Hono composes several of them anew for each request.
    app.on(route.method, paths, async (c) => {
      note(c.req.raw, noted);
      const identity = await identify(c.req.raw);
      // The token of a node is refused: REST is for users.
      if (identity.ticket && route.takesTickets) c.set('ticketRunId', identity.ticket.runId);
      else userOf(identity);
      return route.handle(c, options);
    });
  }
  // The first request makes the document: at the start it would take a tenth of the processor time.
  const openApi = constantResponse(() => ({
    body: JSON.stringify(openApiDocument(app)),
    type: 'application/json',
  }));
  app.on('GET', bothSlashes(documentPath), (c) => openApi(c));

  refuseShortenedDeletes(app, routes);
  refuseOtherMethods(app, routes);
  app.all('*', notFound);
  return app;
}

function answerError(c: RestContext, { status, detail, headers }: RestError): Response {
  if (status === 401) c.header('WWW-Authenticate', 'Bearer');
  // The rest of the body may be unread, and then the connection cannot carry another request.
  if (status === 413 || status === 415) c.header('Connection', 'close');
  return c.body(errorJson(detail), status, { ...headers, 'Content-Type': 'application/json' });
}

function errorJson(detail: RestError['detail']): string {
  try {
    return JSON.stringify({ detail });
  } catch (error) {
    // JSON.parse accepts deeper nesting than JSON.stringify.
    if (!(error instanceof RangeError) || typeof detail === 'string') throw error;
    return JSON.stringify({ detail: detail.map((fault) => ({ ...fault, input: null })) });
  }
}

function refuseOtherMethods(
  app: OpenAPIHono<RestEnv>,
  known: readonly Pick<Route, 'method' | 'path'>[],
): void {
  for (const [path, names] of methodsByPath([...known, { method: 'get', path: documentPath }])) {
    app.on('ALL', bothSlashes(path), (c) => c.json({ detail: 'Method Not Allowed' }, 405, { Allow: names }));
  }
}

/**
 * The paths of a route. An operation that deletes one thing has no path with a slash at the end. Clients resolve dot
 * segments before they send: with the node id `..` they send the address of a node as `/sessions/21/`, which must not
 * delete the session.
 */
function pathsOf(route: Pick<Route, 'method' | 'path'>): string[] {
  const [bare = '', withSlash = ''] = bothSlashes(route.path);
  return deletesOne(route) ? [bare] : [bare, withSlash];
}

function deletesOne({ method, path }: Pick<Route, 'method' | 'path'>): boolean {
  return method === 'delete' && path.endsWith('}');
}

/** Answers 404 to a DELETE whose last id is empty, or is followed by a slash. */
function refuseShortenedDeletes(app: OpenAPIHono<RestEnv>, known: readonly Route[]): void {
  for (const { path } of known.filter(deletesOne)) {
    const [bare = '', withSlash = ''] = bothSlashes(path);
    app.on('DELETE', [withSlash, bare.replace(/:\w+$/, '')], notFound);
  }
}

function notFound(c: RestContext): Response {
  return c.json({ detail: 'Not Found' }, 404);
}

/** Converts an OpenAPI path to Hono's, without and with a slash at the end. Legacy clients use both. */
function bothSlashes(path: string): string[] {
  const bare = path.replaceAll(/\{(\w+)\}/g, ':$1').replace(/\/$/, '');
  return [bare, `${bare}/`];
}
