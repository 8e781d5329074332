import { type GatewayError, refusal } from '../errors.ts';

/** @param message A sentence that says why the token is not accepted. It must not repeat the token. */
export function unauthenticated(message: string): GatewayError {
  return refusal('UNAUTHENTICATED', message, { 'WWW-Authenticate': 'Bearer' });
}

export const expired = 'The token has expired.';
