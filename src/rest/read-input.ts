import type { z } from '@hono/zod-openapi';
import { RestError, type ValidationError } from './rest-error.ts';
import type { Parsed, RestContext, RouteInput } from './route.ts';
import { type Part, validationErrors } from './validation-error.ts';

/** What a request carried, by its parts. */
export type RawInput = Partial<Record<Part, unknown>>;

/** A request's input as it came and as the route reads it. */
export interface ReadInput<Input extends RouteInput> {
  raw: RawInput;
  parsed: Parsed<Input>;
}

/** @throws RestError 422 with everything that is wrong, in FastAPI's shape. */
export async function readInput<Input extends RouteInput>(
  c: RestContext,
  input: Input,
): Promise<ReadInput<Input>> {
  const errors: ValidationError[] = [];
  const raw: RawInput = {};
  const parsed: Partial<Record<Part, unknown>> = {};

  const read = (part: Part, schema: z.ZodType | undefined, value: unknown) => {
    if (schema === undefined) return;
    raw[part] = value;
    const result = schema.safeParse(value);
    if (result.success) {
      parsed[part] = result.data;
    } else {
      errors.push(...validationErrors(result.error.issues, part, value));
    }
  };

  read('path', input.path, c.req.param());
  // Of a parameter given twice, the last one counts, as with FastAPI.
  read('query', input.query, Object.fromEntries(new URL(c.req.url).searchParams));
  read('header', input.header, input.header && headersNamedIn(input.header, c));
  if (input.body !== undefined) {
    const body = await readJson(c);
    if ('error' in body) errors.push(body.error);
    else read('body', input.body, body.value);
  }
  if (errors.length > 0) {
    throw new RestError(422, errors);
  }
  return { raw, parsed: parsed as Parsed<Input> };
}

function headersNamedIn(schema: z.ZodObject, c: RestContext): Record<string, string> {
  return Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => {
      const value = c.req.header(name);
      return value ? [[name, value]] : [];
    }),
  );
}

async function readJson(c: RestContext): Promise<{ value: unknown } | { error: ValidationError }> {
  const bytes = await c.req.arrayBuffer();
  if (bytes.byteLength === 0) {
    return { error: { type: 'missing', loc: ['body'], msg: 'Field required', input: null } };
  }
  const contentType = c.req.header('content-type');
  if (!/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType ?? '')) {
    const msg = `Body should be sent as application/json, not ${contentType ?? 'without a Content-Type'}`;
    return { error: { type: 'content_type', loc: ['body'], msg, input: null } };
  }
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) };
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'The body is not UTF-8.';
    const ctx = { error: reason };
    return { error: { type: 'json_invalid', loc: ['body'], msg: 'JSON decode error', input: {}, ctx } };
  }
}
