import { PothosError } from '@pothos/core';
import { GraphQLError, type GraphQLErrorOptions, Kind } from 'graphql';
import type { Logger } from 'pino';

/**
 * What a client is shown of an error: errors meant for it as they are, anything else as one that says nothing.
 * The rest is in the log.
 */
export function createMaskError(log: Logger): (error: unknown) => GraphQLError {
  return (error) => {
    if (!(error instanceof GraphQLError)) return mask(error, log);
    const { originalError } = error;
    const shown = { nodes: error.nodes ?? null, path: error.path ?? null };
    if (originalError instanceof PothosError) {
      const extensions = { code: 'BAD_USER_INPUT', ...error.extensions };
      return new GraphQLError(error.message, { ...shown, extensions });
    }
    if (originalError === undefined || originalError instanceof GraphQLError) {
      // graphql-js gives no code to what it refuses: a variable or an argument of the wrong type.
      if (isRefusedValue(error)) error.extensions['code'] ??= 'BAD_USER_INPUT';
      // Yoga calls a mutation over GET a BAD_REQUEST.
      if (error.extensions.http?.status === 405) error.extensions['code'] = 'METHOD_NOT_ALLOWED';
      return error;
    }
    return mask(originalError, log, shown);
  };
}

function isRefusedValue({ path, nodes }: GraphQLError): boolean {
  return path !== undefined || nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION;
}

function mask(error: unknown, log: Logger, shown: GraphQLErrorOptions = {}): GraphQLError {
  log.error({ err: error }, 'a resolver failed');
  return new GraphQLError('Something went wrong inside the gateway.', {
    ...shown,
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  });
}
