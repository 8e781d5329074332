import type { HttpBindings } from '@hono/node-server';
import type { RouteConfig } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { BlobStore } from '../../blobs/blob-store.ts';
import type { RouteInput } from '../input/read-input.ts';
import type { Executor } from './executor.ts';

export type RestEnv = { Bindings: HttpBindings };
export type RestContext = Context<RestEnv>;

/** The parts of the gateway, and the limits, that a route may use. */
export interface RestServices {
  executor: Executor;
  /** Opens the bytes of a recording by their SHA-256, which GraphQL reports. */
  openRecording: BlobStore['open'];
  /** Receives the failures that the client is not told. */
  log: Logger;
  /** The most bytes a recording may have; a larger one is refused with 413. */
  maxAudioBytes: number;
  /** The most nodes that GraphQL returns in one page of a connection. */
  maxPageSize: number;
  /** Milliseconds between the heartbeats of a stream; 15,000 by default. */
  heartbeatMs?: number;
}

/** What the row of a route says about itself: to the router, and to the readers of its documentation. */
export interface RouteTexts {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** Below `/api/v1`, parameters in braces. */
  path: string;
  operationId: string;
  summary: string;
  description: string;
  input: RouteInput;
  /**
   * When the operation fails, by status. Added to the failures that follow from `input`; of these, 404 says
   * that there is no such session.
   */
  failures?: Record<number, string>;
}

export interface Route {
  method: RouteTexts['method'];
  path: string;
  hasBody: boolean;
  openapi: RouteConfig;
  /** @throws RestError where the client is to be told why not. */
  handle(c: RestContext, services: RestServices): Promise<Response>;
}
