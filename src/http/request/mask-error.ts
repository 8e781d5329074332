import { PothosError } from '@pothos/core';
import { GraphQLError, type GraphQLErrorOptions, Kind } from 'graphql';
import type { Logger } from 'pino';
import { shortenMiddle } from '../../base/cut-text.ts';
import { type GatewayError, refusal, tryAgain } from '../../errors.ts';
import { isDiskFull } from '../../storage/failure/disk-full.ts';
import { isDatabaseAway, isDatabaseBusy } from '../../storage/failure/prisma-error.ts';

/**
 * The error that a client may see instead of `error`. An error that is meant for clients stays as it is. Any other
 * error becomes INTERNAL_SERVER_ERROR without a detail, because its message may name files, hosts or keys.
 */
export function maskError(error: unknown): GraphQLError {
  if (!(error instanceof GraphQLError)) return hidden();
  const { originalError } = error;
  const shown = { nodes: error.nodes ?? null, path: error.path ?? null };
  if (originalError instanceof PothosError) {
    const extensions = { code: 'BAD_USER_INPUT', ...error.extensions };
    return new GraphQLError(error.message, { ...shown, extensions });
  }
  const failure = storageRefusal(originalError);
  if (failure) return shownAs(failure, shown);
  if (originalError !== undefined && !(originalError instanceof GraphQLError)) return hidden(shown);
  if (isOwnFault(error)) return hidden(shown);
  // graphql-js sets no code when it refuses a variable or an argument of the wrong type.
  if (isRefusedValue(error)) {
    error.extensions['code'] ??= 'BAD_USER_INPUT';
    // Nothing was executed, so Yoga must not answer 200 to a client that accepts application/graphql-response+json.
    if (error.path === undefined) error.extensions.http ??= { spec: true, status: 400 };
  }
  error.message = shortenMiddle(error.message, longestMessage);
  // Yoga gives a mutation over GET the code BAD_REQUEST with the status 405.
  if (error.extensions.http?.status === 405) error.extensions['code'] = 'METHOD_NOT_ALLOWED';
  return error;
}

/** The error for the client when the disk or the database is the cause; undefined for other causes. */
export function storageRefusal(error: unknown): GatewayError | undefined {
  if (isDatabaseBusy(error)) return databaseBusy();
  if (isDatabaseAway(error)) return databaseAway();
  return isDiskFull(error) ? diskFull() : undefined;
}

/** Logs an error in one line if `maskError` hides it from the client. Does nothing with any other error. */
export function logHidden(log: Logger, error: unknown, httpRequestId: string | undefined): void {
  if (!isHidden(error)) return;
  const err = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  log.error({ err, httpRequestId }, 'an operation failed');
}

function isHidden(error: unknown): boolean {
  const masked = maskError(error);
  const { code } = masked.extensions;
  return masked !== error && (code === hiddenCode || code === 'INSUFFICIENT_STORAGE');
}

const hiddenCode = 'INTERNAL_SERVER_ERROR';

function hidden(shown: GraphQLErrorOptions = {}): GraphQLError {
  const message = 'Something went wrong inside the gateway.';
  return new GraphQLError(message, { ...shown, extensions: { code: hiddenCode } });
}

/** Nothing of the operation was stored, so the client may repeat it. */
const databaseBusy = () =>
  tryAgain(
    'OVERLOADED',
    'The database is busy: another program uses it, or too many requests wait. Try again in a moment.',
    { retryAfter: 2 },
  );
/** A transaction whose end the server could not confirm may have been stored. */
const databaseAway = () =>
  tryAgain('OVERLOADED', 'The database cannot be reached. Try again in a moment.', { retryAfter: 2 });
const diskFull = () =>
  refusal('INSUFFICIENT_STORAGE', 'The disk of the gateway is full. Nothing was stored.');

function shownAs({ message, extensions }: GatewayError, shown: GraphQLErrorOptions): GraphQLError {
  return new GraphQLError(message, { ...shown, extensions });
}

/**
 * In UTF-16 code units. graphql-js quotes names of the document and refused values as a whole, an object even in the
 * message of each of its faults, so a message could become as long as the request. The end of the message says what
 * is wrong, so both ends are kept.
 */
const longestMessage = 1_000;

/**
 * Whether graphql-js refuses what a resolver returned: a number that is no Int, a value that an enum does not have. Such
 * an error has a path and no code, and points to the field; one about an argument points to the argument's value.
 */
function isOwnFault({ path, nodes, extensions }: GraphQLError): boolean {
  return path !== undefined && extensions['code'] === undefined && nodes?.[0]?.kind === Kind.FIELD;
}

function isRefusedValue({ path, nodes, message }: GraphQLError): boolean {
  if (path !== undefined || nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION) return true;
  // The message with which graphql-js stops after 50 errors has no path and no nodes.
  return message.startsWith('Too many errors processing variables');
}
