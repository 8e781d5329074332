import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { GatewayError } from '../errors.ts';
import { userOf } from '../schema/access/access.ts';
import { restError } from './errors/graphql-error.ts';
import { RestError } from './errors/rest-error.ts';
import { limitBody } from './limit-body.ts';
import { openApiDocument } from './openapi-document.ts';
import type { RestContext, RestEnv, RestServices, Route } from './route/route.ts';
import { routes } from './routes.ts';

const descriptionPath = '/openapi.json';

export interface RestApiOptions extends RestServices {
  /** Says who sends a request; rejects with the GatewayError that refuses the request. */
  identify: (request: Request) => Promise<Pick<Context, 'viewer'>>;
  /** The most bytes a JSON body may have; a larger one is refused with 413. */
  maxBodyBytes: number;
}

/**
 * The legacy API under `/api/v1`, with its description at `/api/v1/openapi.json`.
 *
 * Streams are written straight to the response. This needs `@hono/node-server` beneath, with
 * `overrideGlobalObjects: false`: its own `Response` forgets that the response was already sent as soon as
 * any middleware has set a header.
 */
export function createRestApi(options: RestApiOptions): OpenAPIHono<RestEnv> {
  const { identify, log, maxBodyBytes } = options;
  const app = new OpenAPIHono<RestEnv>().basePath('/api/v1');
  app.onError((error, c) => {
    if (error instanceof RestError) return answerError(c, error);
    if (error instanceof GatewayError) return answerError(c, restError([error], {}));
    if (c.env.incoming.destroyed && !c.env.incoming.complete) {
      return answerError(c, new RestError(400, 'The request broke off'));
    }
    log.error({ err: error }, 'A REST request failed.');
    return answerError(c, new RestError(500, 'Internal Server Error'));
  });
  for (const route of routes) {
    app.openAPIRegistry.registerPath(route.openapi);
    const paths = bothSlashes(route.path);
    app.on(route.method, paths, async (c, next) => {
      // Nodes have no business here.
      userOf(await identify(c.req.raw));
      await next();
    });
    if (route.hasBody) app.on(route.method, paths, limitBody(maxBodyBytes));
    app.on(route.method, paths, (c) => route.handle(c, options));
  }
  const document = openApiDocument(app);
  app.on('GET', bothSlashes(descriptionPath), (c) => c.json(document));

  refuseOtherMethods(app, routes);
  app.all('*', (c) => c.json({ detail: 'Not Found' }, 404));
  return app;
}

function answerError(c: RestContext, { status, detail, headers }: RestError): Response {
  if (status === 401) c.header('WWW-Authenticate', 'Bearer');
  // The rest of the body is not read, so the connection cannot carry another request.
  if (status === 413) c.header('Connection', 'close');
  return c.body(errorJson(detail), status, { ...headers, 'Content-Type': 'application/json' });
}

function errorJson(detail: RestError['detail']): string {
  try {
    return JSON.stringify({ detail });
  } catch (error) {
    // What can be parsed may be nested too deeply to be written.
    if (!(error instanceof RangeError) || typeof detail === 'string') throw error;
    return JSON.stringify({ detail: detail.map((fault) => ({ ...fault, input: null })) });
  }
}

function refuseOtherMethods(
  app: OpenAPIHono<RestEnv>,
  known: readonly Pick<Route, 'method' | 'path'>[],
): void {
  const methods = new Map<string, string[]>();
  for (const { method, path } of [...known, { method: 'get', path: descriptionPath }]) {
    const names = method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()];
    methods.set(path, [...(methods.get(path) ?? []), ...names]);
  }
  for (const [path, names] of methods) {
    app.on('ALL', bothSlashes(path), (c) => {
      return c.json({ detail: 'Method Not Allowed' }, 405, { Allow: names.join(', ') });
    });
  }
}

/** Hono's paths of an OpenAPI path, without and with a slash at the end: neither is redirected to the other. */
function bothSlashes(path: string): string[] {
  const bare = path.replaceAll(/\{(\w+)\}/g, ':$1').replace(/\/$/, '');
  return [bare, `${bare}/`];
}
