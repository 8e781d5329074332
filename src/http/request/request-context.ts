import type { IncomingMessage, ServerResponse } from 'node:http';

/** What whoever hands over an operation knows of the request behind it. */
export interface RequestContext {
  /** The request's id in the log. */
  httpRequestId?: string | undefined;
  /** Where the body is read from; absent for what is executed in process. */
  incoming?: IncomingMessage;
  /** The response to it, to know when it is over. */
  outgoing?: ServerResponse;
  /** Aborts when nobody waits for the result any more; the request's own signal unless given. */
  signal?: AbortSignal;
}
