import { GatewayError } from '../errors.ts';

/** @param message A sentence that says why the token is not accepted. It must not repeat the token. */
export function unauthenticated(message: string): GatewayError {
  const headers = { 'WWW-Authenticate': 'Bearer' };
  return new GatewayError('UNAUTHENTICATED', message, { http: { status: 401, headers } });
}

export const expired = 'The token has expired.';
