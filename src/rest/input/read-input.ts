import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { z } from '@hono/zod-openapi';
import type { Context, HonoRequest } from 'hono';
import type { Logger } from 'pino';
import { RestError, type ValidationError } from '../errors/rest-error.ts';
import { type Part, type RawInput, validationErrors } from '../errors/validation-error.ts';
import { ignoredFields, logIgnored } from './ignored-fields.ts';

/**
 * Reads the whole body of a request.
 *
 * @throws GatewayError 413 for a body that is too large, 415 for a compressed one.
 */
export type ReadBody = (incoming: IncomingMessage) => Promise<Uint8Array>;

/** The schemas of the parts of a request that a route reads. */
export interface RouteInput {
  path?: z.ZodObject;
  query?: z.ZodObject;
  header?: z.ZodObject;
  /** The schema of a JSON body. */
  body?: z.ZodType;
  /** The schema of a multipart form, for the documentation: the route reads the form itself, while it arrives. */
  form?: z.ZodType;
}

/** The parts of a request after validation. */
export type Parsed<Input extends RouteInput> = {
  [Part in Exclude<keyof Input, 'form'>]: Input[Part] extends z.ZodType ? z.output<Input[Part]> : never;
};

/** The input of a request before and after validation. */
export interface ReadInput<Input extends RouteInput> {
  raw: RawInput;
  parsed: Parsed<Input>;
}

/**
 * Reads and validates the parts of a request.
 *
 * @throws RestError 422 that lists every error, in the shape of FastAPI.
 * @throws GatewayError if the body is refused.
 */
export async function readInput<Input extends RouteInput>(
  { req: request, env }: Pick<Context<{ Bindings: HttpBindings }>, 'req' | 'env'>,
  { readBody, log }: { readBody: ReadBody; log: Logger },
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

  read('path', input.path, request.param());
  // If a query parameter occurs twice, the last one counts, as in FastAPI.
  read('query', input.query, input.query && Object.fromEntries(new URL(request.url).searchParams));
  read('header', input.header, input.header && headersNamedIn(input.header, request));
  if (input.body !== undefined) {
    const body = parseJson(await readBody(env.incoming), contentTypeOf(request));
    if ('error' in body) errors.push(body.error);
    else read('body', input.body, body.value);
    logIgnored(log, ignoredFields(raw.body, parsed.body));
  }
  if (errors.length > 0) {
    throw new RestError(422, errors);
  }
  return { raw, parsed: parsed as Parsed<Input> };
}

function headersNamedIn(schema: z.ZodObject, request: HonoRequest): Record<string, string> {
  return Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => {
      const value = request.header(name);
      return value ? [[name, value]] : [];
    }),
  );
}

/**
 * The type of the body. Without a Content-Type it is JSON, as for FastAPI, but only from programs: a page of another site
 * can make a browser send a body without one and without a preflight. Browsers send at least one of these headers.
 */
function contentTypeOf(request: HonoRequest): string {
  const isBrowser = Object.keys(request.header()).some((name) =>
    /^(origin|referer|sec-fetch-.*)$/.test(name),
  );
  return request.header('content-type') || (isBrowser ? '' : 'application/json');
}

function parseJson(bytes: Uint8Array, contentType: string): { value: unknown } | { error: ValidationError } {
  if (bytes.byteLength === 0) {
    return { error: { type: 'missing', loc: ['body'], msg: 'Field required', input: null } };
  }
  if (!/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType)) {
    const msg = `Body should be sent as application/json, not ${contentType || 'without a Content-Type'}`;
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
