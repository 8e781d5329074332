import type { Logger } from 'pino';
import type { GatewayError } from '../../errors.ts';
import type { HolderCount } from '../../limits/holder-count.ts';
import type { Traces } from '../../traces/traces.ts';
import type { FindDocument } from '../request/find-document.ts';
import type { RequestIds } from '../request/request-ids.ts';
import type { FrameBudget } from '../stream/frame-budget.ts';
import type { GraphQLServer } from '../stream/graphql-server.ts';
import type { SharedResults } from '../stream/shared-results.ts';
import type { StreamOwner } from '../stream/stream-owner.ts';

/** What the WebSockets of a gateway need, and what limits them. */
export interface SocketOptions {
  yoga: GraphQLServer;
  /** Finds the sender of a request. Throws an error for an unknown one. */
  owner: (request: Request) => Promise<StreamOwner>;
  /** Counts a request for its sender. Resolves with the error that refuses it, or undefined. */
  admit: (request: Request) => Promise<GatewayError | undefined>;
  /** Says from where an operation came. */
  requestIds: Pick<RequestIds, 'share'>;
  findDocument: FindDocument;
  log: Logger;
  /** Undefined for a gateway that makes no traces. */
  traces?: Traces | undefined;
  /** Followers of one run with the same selection share its results. Undefined: they share none. */
  shared: SharedResults | undefined;
  /** Most bytes of a message. */
  maxMessageBytes: number;
  /** Most operations that one socket carries at a time. */
  maxOperations: number;
  /** Most sockets of one owner. 0: no limit. */
  maxSocketsPerOwner: number;
  /** Milliseconds within which a client must say who it is. */
  initTimeoutMs: number;
  /** Milliseconds between two pings. A client that has not answered one when the next is due is gone. */
  heartbeatMs: number;
}

/** The parts that all sockets of a gateway share. */
export interface SocketParts extends SocketOptions {
  frameBudget: FrameBudget;
  owners: HolderCount<string>;
}
