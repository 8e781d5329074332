import { GatewayError } from '../../errors.ts';

/** @param limit The setting that was exceeded; the client finds it as `extensions.limit`. */
export function queryTooComplex(limit: `MAX_QUERY_${string}`, message: string): GatewayError {
  return new GatewayError('QUERY_TOO_COMPLEX', message, { limit });
}
