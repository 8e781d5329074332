import type { RouteConfig, z } from '@hono/zod-openapi';
import { ErrorDetail, HttpValidationError } from '../errors/error-schemas.ts';
import type { Route, RouteTexts } from './route.ts';

type Described = Pick<Route, 'method' | 'path' | 'hasBody' | 'openapi'>;
type Responses = RouteConfig['responses'];

/** Describes a row that is answered with JSON. */
export function describeJsonRoute(row: RouteTexts & { schema: z.ZodType }): Described {
  return describeRoute(row, { 200: { description: 'Successful Response', content: json(row.schema) } });
}

/**
 * Describes a row to the router and to the readers of the OpenAPI document.
 *
 * @param responses The responses of a request that succeeds, by status.
 */
export function describeRoute(row: RouteTexts, responses: Responses): Described {
  const { method, path, operationId, summary, description, input } = row;
  const { body, form } = input;
  return {
    method,
    path,
    hasBody: body !== undefined,
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
        ...(body && { body: { required: true, description: 'JSON.', content: json(body) } }),
        ...(form && { body: { required: true, content: { 'multipart/form-data': { schema: form } } } }),
      },
      responses: { ...responses, ...failuresOf(row) },
    },
  };
}

function failuresOf({ input, failures }: RouteTexts): Responses {
  const descriptions = {
    401: 'There is no token, or it is worth nothing any more.',
    403: 'It is not for this user.',
    ...(input.path && { 404: 'There is no such session.' }),
    ...(input.body && { 413: 'The body is too large.' }),
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
