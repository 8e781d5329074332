import type { OpenAPIHono, RouteConfig, z } from '@hono/zod-openapi';
import { ChatFrame } from './chat-frame.ts';
import { ErrorDetail, HttpValidationError } from './error-schemas.ts';
import type { RestEnv, Route, RouteInput, RouteTexts } from './route.ts';

type Described = Pick<Route, 'method' | 'path' | 'hasBody' | 'openapi'>;
type Responses = RouteConfig['responses'];

/** A row that answers with JSON, described for the router and for OpenAPI. */
export function describeJsonRoute(row: RouteTexts & { input: RouteInput; schema: z.ZodType }): Described {
  const content = { 'application/json': { schema: row.schema } };
  return describeRoute(row, row.input, { 200: { description: 'Successful Response', content } });
}

/** A row that answers with a chat stream. */
export function describeStreamRoute(row: RouteTexts & { input: RouteInput }): Described {
  const stream = {
    description:
      'Server-sent events. Each has an `id`, `<run>:<seq>`, and one line of `data`: a ChatFrame as JSON. Comments in between keep the connection alive.',
    headers: {
      'X-Accel-Buffering': {
        description: '`no`: a proxy is asked not to hold frames back.',
        schema: { type: 'string' as const },
      },
    },
    content: {
      'text/event-stream': {
        schema: {
          type: 'string' as const,
          description: 'Frames, each `id:` and `data:`, then an empty line.',
        },
        example: 'id: 7:3\ndata: {"type":"content","content":"Lisbon"}\n\n',
      },
    },
  };
  const nothing = { description: 'There is nothing, or nothing more, to follow.' };
  return describeRoute(row, row.input, { 200: stream, 204: nothing });
}

/** A row that answers with a recording, or parts of it. */
export function describeDownloadRoute(row: RouteTexts & { input: RouteInput }): Described {
  const bytes = { schema: { type: 'string' as const, description: 'The bytes.' } };
  return describeRoute(row, row.input, {
    200: { description: 'All of it.', content: { 'audio/*': bytes } },
    206: {
      description: 'The range asked for, or several.',
      content: { 'audio/*': bytes, 'multipart/byteranges': bytes },
    },
    304: { description: 'The copy that the client has is current.' },
    412: { description: '`If-Match` or `If-Unmodified-Since` does not hold.' },
    416: { description: 'It has no such range.' },
  });
}

/** A row that takes a form with a file, and answers with JSON. */
export function describeUploadRoute(
  row: RouteTexts & { input: RouteInput; form: z.ZodType; schema: z.ZodType },
): Described {
  const { openapi, ...described } = describeJsonRoute(row);
  const body = { required: true, content: { 'multipart/form-data': { schema: row.form } } };
  const failures = {
    413: failure('The file is too large.'),
    415: failure('The file is no audio of a kind that is taken.'),
    507: failure('There is no room left for the file.'),
  };
  return {
    ...described,
    openapi: {
      ...openapi,
      request: { ...openapi.request, body },
      responses: { ...openapi.responses, ...failures },
    },
  };
}

function failure(description: string): Responses[string] {
  return { description, content: { 'application/json': { schema: ErrorDetail } } };
}

/** The OpenAPI 3.1 document of everything registered with the app. */
export function openApiDocument(app: OpenAPIHono<RestEnv>) {
  app.openAPIRegistry.register('ChatFrame', ChatFrame);
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API token or a JWT. Not needed where the gateway asks nobody who they are.',
  });
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Switchyard REST API',
      version: '1',
      description:
        'Chat sessions for legacy clients. Everything here, and more, is also offered by the GraphQL API at `/graphql`.',
      license: { name: 'MIT' },
    },
    security: [{ bearer: [] }],
    tags: [{ name: 'sessions', description: 'Chat sessions, their messages and their answers.' }],
  });
}

function describeRoute(texts: RouteTexts, input: RouteInput, responses: Responses): Described {
  const { method, path, operationId, summary, description } = texts;
  const body = input.body && {
    required: true,
    description: 'JSON.',
    content: { 'application/json': { schema: input.body } },
  };
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
        ...(body && { body }),
      },
      responses: { ...responses, ...failuresOf(texts, input) },
    },
  };
}

function failuresOf({ notFound, conflict }: RouteTexts, input: RouteInput): Responses {
  const invalid = {
    description: 'Validation Error',
    content: { 'application/json': { schema: HttpValidationError } },
  };
  return {
    401: failure('There is no token, or it is worth nothing any more.'),
    403: failure('It is not for this user.'),
    ...(input.path && { 404: failure(notFound ?? 'There is no such session.') }),
    ...(conflict !== undefined && { 409: failure(conflict) }),
    ...(input.body && { 413: failure('The body is too large.') }),
    422: invalid,
  };
}
