import type { RouteConfig, z } from '@hono/zod-openapi';
import { ErrorDetail, HttpValidationError } from '../errors/error-schemas.ts';
import type { Route, RouteDescription } from './route.ts';

type Described = Pick<Route, 'method' | 'path' | 'operationId' | 'openapi'>;
type Responses = RouteConfig['responses'];

/** Describes a row whose successful response is JSON. */
export function describeJsonRoute(row: RouteDescription & { response: z.ZodType }): Described {
  return describeRoute(row, { 200: { description: 'Successful Response', content: json(row.response) } });
}

/**
 * Describes a row for the router and for the OpenAPI document.
 *
 * @param responses The responses of a request that succeeds, by status.
 */
export function describeRoute(row: RouteDescription, responses: Responses): Described {
  const { method, path, operationId, summary, description, input } = row;
  const { body, form } = input;
  return {
    method,
    path,
    operationId,
    openapi: {
      method,
      path,
      operationId,
      summary,
      description,
      tags: ['sessions'],
      request: {
        ...(input.path && { params: input.path }),
        ...(input.query && { query: input.query }),
        ...(input.header && { headers: input.header }),
        ...(body && { body: { required: true, description: 'A JSON object.', content: json(body) } }),
        ...(form && { body: { required: true, content: { 'multipart/form-data': { schema: form } } } }),
      },
      responses: { ...responses, ...failuresOf(row) },
    },
  };
}

/** The header of a refusal that may succeed later. */
const retryAfter = {
  'Retry-After': {
    description: 'Seconds after which the client may try again. Missing where that is not known.',
    schema: { type: 'integer' as const, minimum: 0 },
  },
};

function failuresOf({ method, input, failures }: RouteDescription): Responses {
  const hasBody = input.body !== undefined || input.form !== undefined;
  const descriptions = {
    400: 'The request is not well-formed HTTP, or its path has a dot segment, an escaped slash or NUL.',
    401: 'The request has no token, or the token is invalid or has expired.',
    403: 'The user of the token may not do this, has stored as much as they may, or the request comes from a page of another origin.',
    ...(input.path && { 404: 'The session does not exist, or the user may not see it.' }),
    ...(hasBody && {
      408: 'The body came too slowly.',
      413: 'The body has more bytes than the gateway accepts.',
      415: 'The body is compressed. Send it without `Content-Encoding`.',
    }),
    421: 'The `Host` header names another host than this gateway.',
    429: 'The client sends too many requests, or has too many runs or streams.',
    503: 'The gateway is busy or stops, or a server that it needs does not respond. Nothing was done.',
    ...(method !== 'get' && { 507: 'The disk of the gateway is full. Nothing was stored.' }),
    ...failures,
  };
  const responses: Responses = {
    422: { description: 'Validation Error', content: json(HttpValidationError) },
  };
  for (const [status, description] of Object.entries(descriptions)) {
    const mayRetry = status === '429' || status === '503';
    responses[status] = {
      description,
      content: json(ErrorDetail),
      ...(mayRetry && { headers: retryAfter }),
    };
  }
  return responses;
}

function json(schema: z.ZodType) {
  return { 'application/json': { schema } };
}
