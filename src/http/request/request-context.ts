import type { IncomingMessage, ServerResponse } from 'node:http';

/** What Yoga is told about the HTTP request of an operation. */
export interface RequestContext {
  /** The request's id in the log. */
  httpRequestId?: string | undefined;
  /**
   * The request as the client sent it, where Yoga is given another one. The identity of a sender is remembered by
   * request: with another one, its token would be looked up a second time.
   */
  sentRequest?: Request | undefined;
  /** Where the body is read from; absent for a document that is executed in process. */
  incoming?: IncomingMessage;
  /** The response; its end ends a subscription. */
  outgoing?: ServerResponse;
  /** Aborts when the client no longer waits for the result. Default: the signal of the request. */
  signal?: AbortSignal;
}
