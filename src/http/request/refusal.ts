import type { ServerResponse } from 'node:http';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Context } from 'hono';
import { errorStatus, type GatewayError, isErrorCode } from '../../errors.ts';

/**
 * Answers a request that a guard or a route refuses. The path chooses the shape of the body: GraphQL's
 * `{"errors": […]}` at `/graphql` and below, REST's `{"detail": …}` everywhere else.
 */
export function refuse(c: Context, error: GatewayError): Response {
  const { http, ...extensions } = error.extensions;
  const isGraphQL = /^\/graphql(\/|$)/.test(c.req.path);
  const { message } = error;
  const body = isGraphQL ? { errors: [{ message, extensions }] } : { detail: message };
  return c.json(body, errorStatus[error.code], http?.headers);
}

/** The HTTP status of an error; 500 for an error without a status and without a known code. */
export function statusOf(error: unknown): number {
  if (!(error instanceof GraphQLError)) return 500;
  const code = error.extensions['code'];
  return isErrorCode(code) ? errorStatus[code] : (error.extensions.http?.status ?? 500);
}

/**
 * Writes `{"errors": […]}` straight to the response of Node.js, for a route that bypasses Hono. Writes nothing when the
 * client has left or the response has begun.
 */
export function sendErrors(
  response: ServerResponse,
  status: number,
  errors: readonly GraphQLFormattedError[],
  headers: Record<string, string> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(JSON.stringify({ errors }));
}
