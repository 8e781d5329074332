import { PothosError } from '@pothos/core';
import { GraphQLError, type GraphQLErrorOptions, Kind } from 'graphql';

/** What a client is shown of an error: errors meant for it as they are, anything else as one that says nothing. */
export function maskError(error: unknown): GraphQLError {
  if (!(error instanceof GraphQLError)) return hidden();
  const { originalError } = error;
  const shown = { nodes: error.nodes ?? null, path: error.path ?? null };
  if (originalError instanceof PothosError) {
    const extensions = { code: 'BAD_USER_INPUT', ...error.extensions };
    return new GraphQLError(error.message, { ...shown, extensions });
  }
  if (originalError !== undefined && !(originalError instanceof GraphQLError)) return hidden(shown);
  // graphql-js gives no code to what it refuses: a variable or an argument of the wrong type.
  if (isRefusedValue(error)) {
    error.extensions['code'] ??= 'BAD_USER_INPUT';
    error.message = shorten(error.message);
  }
  // Yoga calls a mutation over GET a BAD_REQUEST.
  if (error.extensions.http?.status === 405) error.extensions['code'] = 'METHOD_NOT_ALLOWED';
  return error;
}

/** Whether a client is told no more of this error than that there was one. */
export function isHidden(error: unknown): boolean {
  const masked = maskError(error);
  return masked !== error && masked.extensions['code'] === hiddenCode;
}

const hiddenCode = 'INTERNAL_SERVER_ERROR';

function hidden(shown: GraphQLErrorOptions = {}): GraphQLError {
  const message = 'Something went wrong inside the gateway.';
  return new GraphQLError(message, { ...shown, extensions: { code: hiddenCode } });
}

/** In UTF-16 code units. graphql-js says what a value was, however long, and of an object that with each of its faults. */
const longestMessage = 1_000;

function shorten(message: string): string {
  if (message.length <= longestMessage) return message;
  // The end says what is wrong.
  const half = longestMessage / 2;
  return `${message.slice(0, half)} … ${message.slice(-half)}`;
}

function isRefusedValue({ path, nodes, message }: GraphQLError): boolean {
  if (path !== undefined || nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION) return true;
  // What graphql-js says when it has reported enough of them is about none of them.
  return message.startsWith('Too many errors processing variables');
}
