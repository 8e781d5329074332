import { type Plugin, useErrorHandler } from 'graphql-yoga';
import type { Logger } from 'pino';
import { logHidden } from '../../request/mask-error.ts';
import type { RequestContext } from '../../request/request-context.ts';

/** Logs every error that `maskError` hides from the client, with the id of the request. */
export function useErrorLog(log: Logger): Plugin {
  const write = (errors: readonly unknown[], { httpRequestId }: RequestContext) => {
    for (const error of errors) logHidden(log, error, httpRequestId);
  };
  return {
    onPluginInit: ({ addPlugin }) =>
      addPlugin(
        useErrorHandler(({ errors, context, phase }) =>
          write(errors, (phase === 'execution' ? context['contextValue'] : context) as RequestContext),
        ),
      ),
    // `useErrorHandler` sees only results, and an error that breaks off a subscription is in no result.
    onSubscribe: ({ args }) => ({
      onSubscribeError: ({ error }) => write([error], args.contextValue as RequestContext),
    }),
  };
}
