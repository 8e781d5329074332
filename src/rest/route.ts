import type { HttpBindings } from '@hono/node-server';
import type { RouteConfig, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { Executor } from './executor.ts';

/** The `userId` of whoever sends the request is its `caller`. */
export type RestEnv = { Bindings: HttpBindings; Variables: { caller: string } };
export type RestContext = Context<RestEnv>;

/** What every route may use. */
export interface RestServices {
  executor: Executor;
  /** The bytes of a recording, by the hash that GraphQL gives of it. */
  openRecording: BlobStore['open'];
  /** Gets what the client is not told. */
  log: Logger;
  /** The most bytes that a recording may have. */
  maxAudioBytes: number;
  /** The most nodes that one page of a connection may have. */
  maxPageSize: number;
  /** Milliseconds between the heartbeats of a stream. */
  heartbeatMs: number;
}

/** What a route reads from a request. */
export interface RouteInput {
  path?: z.ZodObject;
  query?: z.ZodObject;
  header?: z.ZodObject;
  /** JSON. */
  body?: z.ZodType;
}

/** The input of a request once it has been read. */
export type Parsed<Input extends RouteInput> = {
  [Part in keyof Input]: Input[Part] extends z.ZodType ? z.output<Input[Part]> : never;
};

/** What the row of a route says about itself: to the router, and to the readers of its documentation. */
export interface RouteTexts {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** Below `/api/v1`, parameters in braces. */
  path: string;
  operationId: string;
  summary: string;
  description: string;
  /** What it means when it is answered 404; by default, that there is no such session. */
  notFound?: string;
  /** When it is answered 409; left out, never. */
  conflict?: string;
}

export interface Route {
  method: RouteTexts['method'];
  path: string;
  hasBody: boolean;
  openapi: RouteConfig;
  /** @throws RestError where the client is to be told why not. */
  handle(c: RestContext, services: RestServices): Promise<Response>;
}
