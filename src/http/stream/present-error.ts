import type { GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { logHidden, maskError } from '../request/mask-error.ts';

/** An error as the client sees it: masked, logged where that hides it, without the extensions that Yoga reads. */
export type PresentError = (error: unknown) => GraphQLFormattedError;

/** @param httpRequestId Goes into the log with every hidden error of this request. */
export function createErrorPresenter(log: Logger, httpRequestId: string | undefined): PresentError {
  return (error) => {
    logHidden(log, error, httpRequestId);
    const { extensions, ...formatted } = maskError(error).toJSON();
    const { http: _http, unexpected: _unexpected, ...shown } = extensions ?? {};
    return Object.keys(shown).length > 0 ? { ...formatted, extensions: shown } : formatted;
  };
}
