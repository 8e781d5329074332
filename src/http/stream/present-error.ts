import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { maskError as maskByDefault } from 'graphql-yoga';
import type { Logger } from 'pino';

/** Replaces an error that is not meant for the client by one that is; Yoga's `maskedErrors.maskError`. */
export type MaskError = (error: unknown, message: string, isDev?: boolean) => Error;

/** An error as the client sees it: masked, logged where that hides it, without Yoga's internal extensions. */
export type PresentError = (error: unknown) => GraphQLFormattedError;

const maskedMessage = 'Unexpected error.';

/** @param httpRequestId Goes into the log with every error of this request. */
export function createErrorPresenter(
  log: Logger,
  maskError: MaskError = maskByDefault,
  httpRequestId?: string,
): PresentError {
  return (error) => {
    const masked = maskError(error, maskedMessage, false);
    if (masked !== error && isHidden(masked))
      log.error({ err: error, httpRequestId }, 'An error was hidden from the client.');
    return format(masked);
  };
}

function isHidden(error: Error): boolean {
  return !(error instanceof GraphQLError) || error.extensions['code'] === 'INTERNAL_SERVER_ERROR';
}

function format(error: Error): GraphQLFormattedError {
  if (!(error instanceof GraphQLError)) return { message: error.message };
  const { extensions, ...formatted } = error.toJSON();
  const { http: _http, unexpected: _unexpected, ...shown } = extensions ?? {};
  return Object.keys(shown).length > 0 ? { ...formatted, extensions: shown } : formatted;
}
