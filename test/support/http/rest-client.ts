import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { expect } from 'vitest';
import { z } from 'zod';
import type { TestGateway } from '../gateway/gateway.ts';

interface RestResponse {
  status: number;
  headers: Headers;
  /** Undefined without a body. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  json: any;
}

/** A frame of a chat stream. */
export interface Frame {
  id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  data: any;
}

interface ChatOptions {
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Calls the REST API and checks every response against the gateway's OpenAPI description. */
export interface RestClient {
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<RestResponse>;
  /** Sends a prompt. Returns the frames as they come. Leaving the loop early disconnects. */
  chat(sessionId: number, body: object, options?: ChatOptions): AsyncGenerator<Frame>;
  /** Follows the last run of a session. Returns the frames as they come. */
  follow(sessionId: number, options?: ChatOptions): AsyncGenerator<Frame>;
  /** Fails unless the body matches the description of this operation and status. */
  conforms(method: string, path: string, status: number, body: unknown): void;
  /** Parses the text of a whole stream into its frames. */
  framesIn(text: string): Frame[];
}

interface Description {
  paths: Record<string, Record<string, { responses: Record<string, Content> }>>;
  components: { schemas: Record<string, object> };
}
interface Content {
  content?: Record<string, { schema: object }>;
}

const chatFrame = { $ref: '#/components/schemas/ChatFrame' };

export async function createRestClient(gateway: TestGateway): Promise<RestClient> {
  const description = (await (await gateway.rest('/openapi.json')).json()) as Description;
  const matches = createMatcher(description);
  const toFrame = ({ id, data }: EventSourceMessage): Frame => {
    const frame = { id, data: JSON.parse(data) };
    matches(chatFrame, frame.data);
    return frame;
  };
  const conforms: RestClient['conforms'] = (method, path, status, body) => {
    const template = templateOf(path);
    const content = description.paths[template]?.[method.toLowerCase()]?.responses[status]?.content;
    const schema = content?.['application/json']?.schema;
    expect(schema, `the description of ${method} ${template} has no status ${status}`).toBeDefined();
    matches(schema ?? {}, body);
  };
  const stream = async function* (path: string, init: RequestInit): AsyncGenerator<Frame> {
    const response = await gateway.rest(path, init);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    if (response.body === null) return;
    const messages = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream());
    for await (const message of messages) yield toFrame(message);
  };
  return {
    async call(method, path, body, headers = {}) {
      const response = await gateway.rest(path, { method, ...jsonBody(body, headers) });
      const text = await response.text();
      const json = text === '' ? undefined : JSON.parse(text);
      if (text !== '') conforms(method, path, response.status, json);
      return { status: response.status, headers: response.headers, json };
    },
    chat: (sessionId, body, { headers = {}, ...init } = {}) =>
      stream(`/sessions/${sessionId}/chat`, { method: 'POST', ...jsonBody(body, headers), ...init }),
    follow: (sessionId, options = {}) => stream(`/sessions/${sessionId}/chat`, options),
    conforms,
    framesIn(text) {
      const frames: Frame[] = [];
      createParser({ onEvent: (message) => void frames.push(toFrame(message)) }).feed(text);
      return frames;
    },
  };
}

function jsonBody(body: unknown, headers: Record<string, string>): RequestInit {
  if (body === undefined) return { headers };
  return { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** The path template of the description: `/sessions/7` is `/api/v1/sessions/{session_id}`. */
function templateOf(path: string): string {
  const [bare = ''] = path.split('?');
  const trimmed = bare
    .replace(/\/$/, '')
    .replace(/(?<=\/messages)\/-?\d+(?=\/|$)/, '/{message_id}')
    .replace(/(?<=\/runs)\/-?\d+(?=\/|$)/, '/{run_id}')
    .replace(/(?<=\/grants)\/-?\d+(?=\/|$)/, '/{grant_id}')
    .replace(/(?<=\/nodes)\/[^/]+$/, '/{node_id}')
    .replace(/\/-?\d+(?=\/|$)/, '/{session_id}');
  return `/api/v1${trimmed === '/sessions' ? '/sessions/' : trimmed}`;
}

function createMatcher({ components }: Description) {
  const definitions = strict(components.schemas);
  const toZod = (schema: object) => {
    const whole = { ...(strict(schema) as object), $defs: definitions };
    return z.fromJSONSchema(whole as Parameters<typeof z.fromJSONSchema>[0]);
  };
  const known = new Map<object, z.ZodType>();
  return (schema: object, value: unknown) => {
    const zod = known.get(schema) ?? toZod(schema);
    known.set(schema, zod);
    expect(zod.safeParse(value).error?.issues, JSON.stringify(value)).toBeUndefined();
  };
}

/** Rewrites references so that Zod follows them, and forbids fields that the schema does not list. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) {
    return typeof schema === 'string' ? schema.replace('#/components/schemas/', '#/$defs/') : schema;
  }
  const entries = Object.entries(schema).map(([key, value]) => [key, strict(value)] as const);
  const closed = 'properties' in schema && !('additionalProperties' in schema);
  return { ...Object.fromEntries(entries), ...(closed && { additionalProperties: false }) };
}
