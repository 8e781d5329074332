import { GatewayError } from '../../../errors.ts';

/** @param limit The setting that the document exceeds. The client finds it in `extensions.limit`. */
export function queryTooComplex(limit: `MAX_${string}`, message: string): GatewayError {
  return new GatewayError('QUERY_TOO_COMPLEX', message, { limit });
}
