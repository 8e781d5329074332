import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import type { RequestParams } from './read-params.ts';

/** The facts about the HTTP request of an operation that Yoga and its plugins get. */
export interface RequestContext {
  /** The request's id in the log. */
  httpRequestId?: string | undefined;
  /**
   * The request as the client sent it, when Yoga gets a copy. `Identify` remembers the sender by request, so with the
   * copy it would look up the token a second time.
   */
  sentRequest?: Request | undefined;
  /** The parameters of the request, when its body has been read already. */
  sentParams?: Promise<RequestParams>;
  /** The result of the operation, when it has been executed already. */
  executed?: Promise<ExecutionResult>;
  /** The request to read the body from. Absent for a document that is executed in process. */
  incoming?: IncomingMessage;
  /** The response; its end ends a subscription. */
  outgoing?: ServerResponse;
  /** Aborts when the client no longer waits for the result. Default: the signal of the request. */
  signal?: AbortSignal;
}
