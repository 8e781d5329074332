import type { ServerResponse } from 'node:http';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Context } from 'hono';
import { openAiCode, openAiFailure } from '../../base/openai-failure.ts';
import { errorStatus, type GatewayError, isErrorCode } from '../../errors.ts';
import { factsOf, noteErrors } from './request-facts.ts';

/**
 * Answers a request that a guard or a route refuses. The path chooses the shape of the body: GraphQL's
 * `{"errors": […]}` at `/graphql` and below, OpenAI's `{"error": …}` at `/v1`, `/ai-sdk` and `/ag-ui` and below, REST's `{"detail": …}` everywhere
 * else, with the code for agents and other programs at `/workspaces` and below.
 */
export function refuse(c: Context, error: GatewayError): Response {
  noteErrors(factsOf(c.req.raw), [error]);
  return c.json(refusalBody(c.req.path, error), errorStatus[error.code], error.extensions.http?.headers);
}

/**
 * Writes a refusal straight to the response of Node.js, in the shape of the path. Writes nothing when the client has left
 * or the response has begun.
 */
export function sendRefusal(response: ServerResponse, path: string, error: GatewayError): void {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = errorStatus[error.code];
  response.setHeader('Content-Type', 'application/json');
  for (const [name, value] of Object.entries(error.extensions.http?.headers ?? {})) {
    response.setHeader(name, value);
  }
  response.end(JSON.stringify(refusalBody(path, error)));
}

/** The body of a refusal, in the shape of its path. The path may be a request target in any form. */
export function refusalBody(path: string, { message, extensions: { http: _, ...extensions } }: GatewayError) {
  if (/^(https?:\/\/[^/]*)?\/(v1|ai-sdk|ag-ui)([/?]|$)/.test(path))
    return openAiRefusal(message, extensions['code']);
  const isGraphQL = /^(https?:\/\/[^/]*)?\/graphql([/?]|$)/i.test(path);
  if (isGraphQL) return { errors: [{ message, extensions }] };
  return /^(https?:\/\/[^/]*)?\/workspaces\//.test(path)
    ? { detail: message, ...extensions }
    : { detail: message };
}

function openAiRefusal(message: string, code: unknown) {
  if (!isErrorCode(code)) return openAiFailure(500, message);
  return openAiFailure(errorStatus[code], message, { code: openAiCode(code) });
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
