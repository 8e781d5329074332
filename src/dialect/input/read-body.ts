import type { z } from 'zod';
import { ApiError } from '../errors/api-error.ts';
import { zodError } from '../errors/zod-error.ts';
import type { ApiContext, ApiServices } from '../route/route.ts';

/**
 * Reads the JSON object in the body of a request.
 *
 * @throws ApiError 400 for a body that is no JSON object, 415 for another content type.
 */
export async function readBody(c: ApiContext, services: ApiServices): Promise<Record<string, unknown>> {
  const bytes = await services.readBody(c.env.incoming);
  const type = c.req.header('content-type') ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new ApiError(415, 'The body must be application/json.', { code: 'unsupported_media_type' });
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ApiError(400, 'The body is not valid JSON in UTF-8.', { code: 'invalid_json' });
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isObject) return value as Record<string, unknown>;
  throw new ApiError(400, 'The body must be a JSON object.', { code: 'invalid_type' });
}

/** @throws ApiError that names the parameter that is wrong. */
export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body);
  if (!result.success) throw zodError(result.error);
  return result.data;
}
