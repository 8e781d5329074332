import { GatewayError } from '../errors.ts';

export function nodeNotFound(nodeId: string): GatewayError {
  return new GatewayError('NOT_FOUND', `There is no node "${nodeId}".`);
}
