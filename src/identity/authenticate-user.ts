import type { Logger } from 'pino';
import type { Database } from '../storage/database.ts';
import type { Statements } from '../storage/statements/statement.ts';
import { ApiTokens, apiTokenPrefix } from './api-tokens.ts';
import { createVerifyJwt, type JwtOptions } from './jwt.ts';
import { unauthenticated } from './unauthenticated.ts';
import type { Viewer } from './viewer.ts';

/**
 * Finds the user that a token belongs to.
 *
 * @throws GatewayError UNAUTHENTICATED, IDENTITY_UNAVAILABLE.
 */
export type AuthenticateUser = (token: string) => Promise<Viewer>;

export interface AuthenticateUserOptions {
  database: Database;
  statements: Statements;
  /** Undefined: only API tokens are accepted. */
  jwt: Omit<JwtOptions, 'log'> | undefined;
  log: Logger;
}

export function createAuthenticateUser({
  database,
  statements,
  jwt,
  log,
}: AuthenticateUserOptions): AuthenticateUser {
  const tokens = new ApiTokens({ database, statements, log });
  const verifyJwt = jwt && createVerifyJwt({ ...jwt, log });
  return async (token) => {
    if (token.startsWith(apiTokenPrefix)) return tokens.authenticate(token);
    if (verifyJwt) return verifyJwt(token);
    throw unauthenticated(
      `The token does not come from this gateway: its API tokens begin with ${apiTokenPrefix}.`,
    );
  };
}
