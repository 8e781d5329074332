import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { parseAccept } from '../stream/accept.ts';
import type { RequestContext } from './request-context.ts';

/**
 * Refuses a subscription over GET to whom does not name the event stream that it is answered with. An image or
 * a script in any page makes a browser send such a GET; an old one tells not even where from, and `chat` costs.
 */
export function useNoBlindSubscription(): Plugin<RequestContext> {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      const { incoming } = args.contextValue as RequestContext;
      if (incoming?.method !== 'GET') return;
      if (parseAccept(incoming.headers.accept).names('text/event-stream')) return;
      const message = 'A subscription over GET needs the header Accept: text/event-stream.';
      const extensions = { code: 'NOT_ACCEPTABLE', http: { status: 406 } };
      setResultAndStopExecution({ errors: [new GraphQLError(message, { extensions })] });
    },
  };
}
