import type { HttpBindings } from '@hono/node-server';
import type { RouteConfig } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { BlobStore } from '../../blobs/blob-store.ts';
import type { Executor } from '../../schema/executor.ts';
import type { ReadBody, RouteInput } from '../input/read-input.ts';

export type RestEnv = {
  Bindings: HttpBindings;
  Variables: {
    /** The database id of the run whose stream ticket the request came with. */
    ticketRunId?: number;
  };
};
export type RestContext = Context<RestEnv>;

/** The parts of the gateway, and the limits, that a route may use. */
export interface RestServices {
  executor: Executor;
  readBody: ReadBody;
  /** Opens the bytes of a recording or an attachment by their SHA-256, which GraphQL reports. */
  openUpload: BlobStore['open'];
  /** Adds to the request's line in the access log, and to its span: the operation, and errors with their codes. */
  note: (
    request: Request,
    noted: { operationId?: string; route?: string; errors?: readonly unknown[] },
  ) => void;
  /** Receives the failures that the client is not told. */
  log: Logger;
  /** The most bytes a recording may have; a larger one is refused with 413. */
  maxAudioBytes: number;
  /** The most bytes an attachment may have; a larger one is refused with 413. */
  maxAttachmentBytes: number;
  /** The most nodes that GraphQL returns in one page of a connection. */
  maxPageSize: number;
  /** The most items in a list without pages; a longer list is refused with 400. */
  maxListItems: number;
  /** Milliseconds between the heartbeats of a stream; 15,000 by default. */
  heartbeatMs?: number;
}

/** The part of a row that the router and the OpenAPI document need. */
export interface RouteDescription {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** The path below `/api/v1`, with parameters in braces: `/sessions/{session_id}`. */
  path: string;
  operationId: string;
  summary: string;
  description: string;
  input: RouteInput;
  /**
   * Why the operation fails, by status. It adds to the failures that follow from `input`, and replaces their text:
   * by default, 404 says that the session does not exist.
   */
  failures?: Record<number, string>;
}

/** An operation, ready to be registered with the router. */
export interface Route {
  method: RouteDescription['method'];
  path: string;
  operationId: string;
  openapi: RouteConfig;
  /** Whether a stream ticket opens it. It must then keep to the run `ticketRunId`. */
  takesTickets?: boolean;
  /** @throws RestError that tells the client why the operation failed. */
  handle(c: RestContext, services: RestServices): Promise<Response>;
}
