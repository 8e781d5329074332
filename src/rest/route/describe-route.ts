import type { RouteConfig, z } from '@hono/zod-openapi';
import { ErrorDetail, HttpValidationError } from '../errors/error-schemas.ts';
import type { Route, RouteDescription } from './route.ts';

type Described = Pick<Route, 'method' | 'path' | 'openapi'>;
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

function failuresOf({ input, failures }: RouteDescription): Responses {
  const descriptions = {
    401: 'The request has no token, or the token is invalid or has expired.',
    403: 'The user of the token may not do this.',
    ...(input.path && { 404: 'The session does not exist, or the user may not see it.' }),
    ...(input.body && { 413: 'The body has more bytes than the gateway accepts.' }),
    ...failures,
  };
  const responses: Responses = {
    422: { description: 'Validation Error', content: json(HttpValidationError) },
  };
  for (const [status, description] of Object.entries(descriptions)) {
    responses[status] = { description, content: json(ErrorDetail) };
  }
  return responses;
}

function json(schema: z.ZodType) {
  return { 'application/json': { schema } };
}
