import type { GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { logHidden, maskError } from '../request/mask-error.ts';
import { noteErrors, type RequestFacts } from '../request/request-facts.ts';

/** Masks an error for the client, logs it if that hides it, and removes the extensions that only Yoga reads. */
export type PresentError = (error: unknown) => GraphQLFormattedError;

/**
 * @param httpRequestId Logged with every hidden error.
 * @param facts Gets the code of every error, for the access log.
 */
export function createErrorPresenter(
  log: Logger,
  httpRequestId: string | undefined,
  facts: RequestFacts,
): PresentError {
  return (error) => {
    logHidden(log, error, httpRequestId);
    const { extensions, ...formatted } = maskError(error).toJSON();
    noteErrors(facts, [{ extensions }]);
    const { http: _http, unexpected: _unexpected, ...shown } = extensions ?? {};
    return Object.keys(shown).length > 0 ? { ...formatted, extensions: shown } : formatted;
  };
}
