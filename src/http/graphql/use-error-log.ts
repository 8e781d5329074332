import { GraphQLError } from 'graphql';
import { type Plugin, useErrorHandler } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { RequestContext } from '../request/request-context.ts';
import { isHidden } from './mask-error.ts';

/** Puts into the log what `maskError` hides from the client, with the id of the request. */
export function useErrorLog(log: Logger): Plugin {
  const write = (errors: readonly unknown[], { httpRequestId }: RequestContext) => {
    for (const error of errors.filter(isHidden)) {
      const err = error instanceof GraphQLError ? (error.originalError ?? error) : error;
      log.error({ err, httpRequestId }, 'an operation failed');
    }
  };
  return {
    onPluginInit: ({ addPlugin }) =>
      addPlugin(
        useErrorHandler(({ errors, context, phase }) =>
          write(errors, (phase === 'execution' ? context['contextValue'] : context) as RequestContext),
        ),
      ),
    // What breaks off a subscription is in none of its results.
    onSubscribe: ({ args }) => ({
      onSubscribeError: ({ error }) => write([error], args.contextValue as RequestContext),
    }),
  };
}
