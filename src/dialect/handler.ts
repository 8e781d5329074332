import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { cutText } from '../base/cut-text.ts';
import { methodsByPath } from '../base/methods-by-path.ts';
import { GatewayError } from '../errors.ts';
import { userOf } from '../schema/access/access.ts';
import { ApiError } from './errors/api-error.ts';
import { apiError } from './errors/graphql-error.ts';
import type { ApiContext, ApiServices, Route } from './route/route.ts';

/**
 * Creates the doors of the dialects.
 *
 * Streams are written directly to Node's response. The server must therefore be `@hono/node-server`.
 *
 * @param routes Those of all dialects.
 */
export function createDialectApi(
  services: ApiServices,
  routes: readonly Route[],
): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.onError((error, c) => answerError(c, toApiError(error, c, services)));
  for (const route of routes) {
    app.on(route.method, route.path, async (c) => {
      services.note(c.req.raw, { operationId: route.operationId, route: route.path });
      // The token of a node is refused: these doors are for users.
      userOf(await services.identify(c.req.raw));
      return route.handle(c, services);
    });
  }
  refuseOtherMethods(app, routes);
  app.all('*', (c) => {
    const message = `Unknown request URL: ${c.req.method} ${cutText(c.req.path, 200)}.`;
    return answerError(c, new ApiError(404, message, { code: 'unknown_url' }));
  });
  return app;
}

function toApiError(error: Error, c: ApiContext, { note, log }: ApiServices): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof GatewayError) {
    note(c.req.raw, { errors: [error] });
    return apiError([error]);
  }
  const { incoming } = c.env;
  if (incoming.destroyed && !incoming.complete) return new ApiError(400, 'The request broke off.');
  log.error({ err: error }, 'a request of a dialect failed');
  return new ApiError(500, 'Internal Server Error');
}

function answerError(c: ApiContext, { status, body, headers }: ApiError): Response {
  if (status === 401) c.header('WWW-Authenticate', 'Bearer');
  // The rest of the body may be unread, and then the connection cannot carry another request.
  if (status === 413 || status === 415) c.header('Connection', 'close');
  return c.json(body, status as ContentfulStatusCode, headers);
}

function refuseOtherMethods(app: Hono<{ Bindings: HttpBindings }>, routes: readonly Route[]): void {
  for (const [path, names] of methodsByPath(routes)) {
    app.all(path, (c) => {
      const message = `This URL does not take ${c.req.method}.`;
      const headers = { Allow: names };
      return answerError(c, new ApiError(405, message, { code: 'method_not_allowed', headers }));
    });
  }
}
