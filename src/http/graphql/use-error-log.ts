import { GraphQLError } from 'graphql';
import { type Plugin, useErrorHandler } from 'graphql-yoga';
import type { Logger } from 'pino';
import { isHidden } from './mask-error.ts';
import type { RequestContext } from './request-context.ts';

/** Puts into the log what `maskError` hides from the client, with the id of the request. */
export function useErrorLog(log: Logger): Plugin {
  return useErrorHandler(({ errors, context, phase }) => {
    const { httpRequestId } = (phase === 'execution' ? context['contextValue'] : context) as RequestContext;
    for (const error of errors.filter(isHidden)) {
      const err = error instanceof GraphQLError ? (error.originalError ?? error) : error;
      log.error({ err, httpRequestId }, 'an operation failed');
    }
  });
}
