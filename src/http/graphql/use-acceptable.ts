import { type ExecutionResult, GraphQLError } from 'graphql';
import type { FetchAPI, Plugin } from 'graphql-yoga';
import { errorStatus } from '../../errors.ts';
import { parseAccept } from '../request/accept.ts';
import type { RequestContext } from '../request/request-context.ts';

const eventStream = 'text/event-stream';
const formats = ['application/json', 'application/graphql-response+json', 'multipart/mixed', eventStream];
const code = 'NOT_ACCEPTABLE';
const sayWhat = `Send Accept: ${eventStream} with a subscription, Accept: application/json with anything else.`;

/**
 * Refuses what could not be answered before it is executed. Yoga looks for a format when it has the result: a
 * subscription for which it finds none it drops without ending it, and a prompt has been sent by then.
 *
 * A subscription over GET must name its format, for which a wildcard will do elsewhere: an image or a script in
 * any page makes a browser send such a GET, and an old one tells not even where from.
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
      const isTaken = incoming.method === 'GET' ? accept.names(eventStream) : accept.quality(eventStream) > 0;
      if (!isTaken) return setResultAndStopExecution(refusal());
      // Whatever becomes of its results: once the answer is over, so is the subscription.
      const answered = new AbortController();
      outgoing.once('close', () => answered.abort());
      extendContext({ signal: AbortSignal.any([signal, answered.signal]) });
    },
    onResultProcess({ result, resultProcessor, setResultProcessor }) {
      // Yoga would answer in a format that the client just said it does not take, or with a status alone.
      if (!resultProcessor || isRefusal(result)) setResultProcessor(answerRefusal, 'application/json');
    },
  };
}

function refusal() {
  return { errors: [new GraphQLError(sayWhat, { extensions: { code } })] };
}

function isRefusal(result: unknown): boolean {
  const { errors = [] } = result as ExecutionResult;
  return errors.some(({ extensions }) => extensions['code'] === code);
}

function answerRefusal(_result: unknown, { Response }: FetchAPI): Response {
  const body = { errors: [{ message: sayWhat, extensions: { code } }] };
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  return new Response(JSON.stringify(body), { status: errorStatus[code], headers });
}
