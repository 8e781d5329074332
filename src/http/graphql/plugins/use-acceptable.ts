import type { ExecutionResult } from 'graphql';
import type { FetchAPI, Plugin } from 'graphql-yoga';
import { errorStatus, GatewayError } from '../../../errors.ts';
import { parseAccept } from '../../request/accept.ts';
import { isRead } from '../../request/read-params.ts';
import type { RequestContext } from '../../request/request-context.ts';

const eventStream = 'text/event-stream';
const formats = ['application/json', 'application/graphql-response+json', 'multipart/mixed', eventStream];
const code = 'NOT_ACCEPTABLE';
const hint = `Send Accept: ${eventStream} with a subscription, Accept: application/json with other operations.`;

/**
 * Refuses an operation before it runs where the client accepts no format of its result. Yoga looks for a format only
 * when it has the result. By then a prompt has been sent, and Yoga drops a subscription without ending it.
 *
 * A subscription over GET must name `text/event-stream`; a wildcard is not enough. An image or a script in any web page
 * makes a browser send such a GET with a wildcard, and old browsers do not say which page it was.
 */
export function useAcceptable(): Plugin<RequestContext> {
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const { incoming } = args.contextValue as RequestContext;
      if (!incoming) return;
      const accept = parseAccept(incoming.headers.accept);
      if (!formats.some((format) => accept.quality(format) > 0)) setResultAndStopExecution(refusal());
    },
    onSubscribe({ args, extendContext, setResultAndStopExecution }) {
      const { incoming, outgoing, signal } = args.contextValue as RequestContext & { signal: AbortSignal };
      if (!incoming || !outgoing) return;
      const accept = parseAccept(incoming.headers.accept);
      const isTaken = isRead(incoming) ? accept.names(eventStream) : accept.quality(eventStream) > 0;
      if (!isTaken) return setResultAndStopExecution(refusal());
      // Yoga does not always end a subscription when its client leaves, so the end of the response ends it.
      const answered = new AbortController();
      outgoing.once('close', () => answered.abort());
      extendContext({ signal: AbortSignal.any([signal, answered.signal]) });
    },
    onResponse({ response }) {
      // Yoga says keep-alive on event streams. That would keep a connection open that the client asked to close.
      if (response.headers.get('connection') === 'keep-alive') response.headers.delete('connection');
    },
    onResultProcess({ result, resultProcessor, setResultProcessor }) {
      // Yoga would answer a refusal in a format that the client does not accept, or with a status and no body.
      if (!resultProcessor || isRefusal(result)) setResultProcessor(answerRefusal, 'application/json');
    },
  };
}

function refusal() {
  return { errors: [new GatewayError(code, hint)] };
}

function isRefusal(result: unknown): boolean {
  const { errors = [] } = result as ExecutionResult;
  return errors.some(({ extensions }) => extensions['code'] === code);
}

function answerRefusal(_result: unknown, { Response }: FetchAPI): Response {
  const body = { errors: [{ message: hint, extensions: { code } }] };
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  return new Response(JSON.stringify(body), { status: errorStatus[code], headers });
}
