import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';
import type { GraphQLServer } from './graphql.ts';

type HttpContext = Context<{ Bindings: HttpBindings; Variables: RequestIdVariables }>;

/**
 * Hands a request to Yoga, unless it is of a kind that Yoga mishandles: it answers 500 to GET parameters that
 * are not JSON, and executes mutations from forms, which any web page can send without a preflight.
 */
export function createGraphQLRoute(yoga: GraphQLServer): (c: HttpContext) => Promise<Response> {
  return async (c) => {
    const { method } = c.req;
    if (method !== 'GET' && method !== 'POST' && method !== 'HEAD') {
      return refuse(c, 405, 'METHOD_NOT_ALLOWED', 'Use GET or POST.', { allow: 'GET, HEAD, POST' });
    }
    if (method === 'POST' && !isJson(c.req.header('content-type'))) {
      return refuse(c, 415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the operation as application/json.');
    }
    const broken = ['variables', 'extensions'].find((name) => !isJsonObject(c.req.query(name)));
    if (broken) return refuse(c, 400, 'BAD_USER_INPUT', `${broken}: expected a JSON object.`);
    const response = await yoga.fetch(c.req.raw, { requestId: c.get('requestId') });
    return response;
  };
}

function isJson(contentType = ''): boolean {
  return /^application\/(graphql\+)?json\s*(;|$)/i.test(contentType.trim());
}

function isJsonObject(text: string | undefined): boolean {
  if (text === undefined || text === '') return true;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && !Array.isArray(value);
  } catch {
    return false;
  }
}

function refuse(
  c: HttpContext,
  status: 400 | 405 | 415,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return c.json({ errors: [{ message, extensions: { code } }] }, status, headers);
}
