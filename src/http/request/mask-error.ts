import { PothosError } from '@pothos/core';
import { GraphQLError, type GraphQLErrorOptions, Kind } from 'graphql';
import type { Logger } from 'pino';

/**
 * An error as the client may see it, through either door: an error that is meant for the client as it is, any other as
 * INTERNAL_SERVER_ERROR without a detail, for the original may name files, hosts or keys.
 */
export function maskError(error: unknown): GraphQLError {
  if (!(error instanceof GraphQLError)) return hidden();
  const { originalError } = error;
  const shown = { nodes: error.nodes ?? null, path: error.path ?? null };
  if (originalError instanceof PothosError) {
    const extensions = { code: 'BAD_USER_INPUT', ...error.extensions };
    return new GraphQLError(error.message, { ...shown, extensions });
  }
  if (originalError !== undefined && !(originalError instanceof GraphQLError)) return hidden(shown);
  // graphql-js sets no code where it refuses a variable or an argument of the wrong type.
  if (isRefusedValue(error)) {
    error.extensions['code'] ??= 'BAD_USER_INPUT';
    error.message = shorten(error.message);
  }
  // Yoga gives a mutation over GET the code BAD_REQUEST with the status 405.
  if (error.extensions.http?.status === 405) error.extensions['code'] = 'METHOD_NOT_ALLOWED';
  return error;
}

/** Logs an error that `maskError` hides from the client: one line, with the error that was thrown first. */
export function logHidden(log: Logger, error: unknown, httpRequestId: string | undefined): void {
  if (!isHidden(error)) return;
  const err = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  log.error({ err, httpRequestId }, 'an operation failed');
}

function isHidden(error: unknown): boolean {
  const masked = maskError(error);
  return masked !== error && masked.extensions['code'] === hiddenCode;
}

const hiddenCode = 'INTERNAL_SERVER_ERROR';

function hidden(shown: GraphQLErrorOptions = {}): GraphQLError {
  const message = 'Something went wrong inside the gateway.';
  return new GraphQLError(message, { ...shown, extensions: { code: hiddenCode } });
}

/**
 * In UTF-16 code units. graphql-js quotes the whole value in its message, however long, and repeats an object in the
 * message of every fault in it.
 */
const longestMessage = 1_000;

function shorten(message: string): string {
  if (message.length <= longestMessage) return message;
  // The end of the message says what is wrong, so both ends are kept.
  const half = longestMessage / 2;
  return `${message.slice(0, half)} … ${message.slice(-half)}`;
}

function isRefusedValue({ path, nodes, message }: GraphQLError): boolean {
  if (path !== undefined || nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION) return true;
  // The message with which graphql-js stops after 50 errors has no path and no nodes.
  return message.startsWith('Too many errors processing variables');
}
