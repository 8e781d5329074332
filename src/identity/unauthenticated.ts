import { GatewayError } from '../errors.ts';

/** @param message Why the request is nobody's, in a sentence that does not repeat the token. */
export function unauthenticated(message: string): GatewayError {
  const headers = { 'WWW-Authenticate': 'Bearer' };
  return new GatewayError('UNAUTHENTICATED', message, { http: { status: 401, headers } });
}

export const expired = 'The token has expired.';
