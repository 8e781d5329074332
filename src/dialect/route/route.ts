import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context as HonoContext } from 'hono';
import type { Logger } from 'pino';
import type { Context } from '../../context.ts';
import type { Executor } from '../../schema/executor.ts';

export type ApiContext = HonoContext<{ Bindings: HttpBindings }>;

/** The parts of the gateway, and the limits, that a route may use. */
export interface ApiServices {
  executor: Executor;
  /** Finds the sender of a request. @throws GatewayError that refuses the request. */
  identify: (request: Request) => Promise<Pick<Context, 'viewer' | 'ticket'>>;
  /** Reads the whole body of a request. @throws GatewayError 413 for a body that is too large, 415 for a compressed one. */
  readBody: (incoming: IncomingMessage) => Promise<Uint8Array>;
  /** Adds to the request's line in the access log, and to its span: the operation, and errors with their codes. */
  note: (
    request: Request,
    noted: { operationId?: string; route?: string; errors?: readonly unknown[] },
  ) => void;
  /** Receives the failures that the client is not told. */
  log: Logger;
  /** The most nodes that GraphQL returns in one page of a connection. */
  maxPageSize: number;
  /** The most sessions of one user that Chat Completions makes; 0 for no limit. */
  maxSessions: number;
  /** Does work with one key after the other. */
  oneAtATime<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** Milliseconds between the heartbeats of a stream; 15,000 by default. */
  heartbeatMs?: number;
}

/** An operation, ready to be registered with the router. */
export interface Route {
  method: 'get' | 'post' | 'delete';
  /** The path as Hono writes it: `/v1/responses/:id`. */
  path: string;
  /** What the access log and the metrics call the operation. */
  operationId: string;
  /** @throws ApiError that tells the client why the operation failed. */
  handle(c: ApiContext, services: ApiServices): Promise<Response>;
}
