import { GatewayError } from '../../errors.ts';
import { tokenPrefix } from '../../nodes/node-token.ts';
import type { NodeIdentity, Registry } from '../../nodes/registry.ts';

/**
 * The node whose token a request carries; null where it carries none. Other credentials mean nothing yet.
 *
 * @throws GatewayError UNAUTHENTICATED for the token of no node.
 */
export async function authenticateNode(request: Request, registry: Registry): Promise<NodeIdentity | null> {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  if (!token?.startsWith(tokenPrefix)) return null;
  const node = await registry.authenticate(token);
  if (node) return node;
  const message = 'The token belongs to no node: it was replaced or mistyped, or its node was deleted.';
  throw new GatewayError('UNAUTHENTICATED', message, { http: { status: 401 } });
}
