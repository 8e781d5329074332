import { GatewayError } from '../../../errors.ts';
import type { Writer } from '../../../storage/statements/statement.ts';
import { grantableNodes, insertToolGrant } from '../../../storage/statements/tool-grants.ts';
import { anyArgs, argsHash, canonicalJson } from './args-hash.ts';
import { type Grant, type GrantedCall, grantFor, readPermissions } from './permissions.ts';

/** For which later calls an approval holds: for no other call, for those with the same arguments, or for all of the tool. */
export type Remember = 'ONCE' | 'EXACT' | 'TOOL';

/** Grants that a session can have. Each comes from a decision of a person. */
const mostGrants = 200;
/** The longest arguments that a grant keeps, in UTF-16 code units of their JSON. */
const longestArgs = 16_384;

/**
 * Stores that later calls need no approval, within the transaction that stores the approval of this one. The transaction
 * must hold the lock of the session.
 *
 * A grant holds for one node: that of the call, or for TOOL each registered node that is attached now. So a machine that
 * is attached later is asked about, although the tool was approved before.
 *
 * @returns All grants of the session.
 * @throws GatewayError BAD_USER_INPUT for arguments that are too long to remember; CONFLICT if there are too many grants.
 */
export async function giveGrants(
  tx: Writer,
  sessionId: number,
  { name, args, agentNodeId }: GrantedCall,
  { remember, grantedBy }: { remember: 'EXACT' | 'TOOL'; grantedBy: string },
): Promise<readonly Grant[]> {
  const kept = remember === 'EXACT' ? canonicalJson(args) : null;
  if (kept !== null && kept.length > longestArgs) {
    const message = `remember: expected ONCE or TOOL, because the arguments are longer than ${longestArgs} characters.`;
    throw new GatewayError('BAD_USER_INPUT', message, { field: 'remember' });
  }
  const attached = (await tx.all(grantableNodes, [sessionId])).map(({ id }) => id);
  const all = agentNodeId === null ? [null] : attached;
  const nodes = remember === 'TOOL' ? all : all.filter((id) => id === agentNodeId);
  const hash = remember === 'EXACT' ? argsHash(args) : anyArgs;
  const now = new Date();
  for (const node of nodes)
    await tx.run(insertToolGrant, [sessionId, name, kept, hash, node, grantedBy, now]);
  const { grants } = await readPermissions(tx, sessionId);
  if (grants.length <= mostGrants) return grants;
  const message = `The session has ${mostGrants} grants already; revoke some with revokeGrant first.`;
  throw new GatewayError('CONFLICT', message, { field: 'remember' });
}

/** Whether a grant holds for later calls as the approval of this one asked for. */
export function isRemembered(call: GrantedCall, remember: Remember, grants: readonly Grant[]): boolean {
  if (remember === 'ONCE') return true;
  const wanted = remember === 'TOOL' ? grants.filter(({ argsHash: hash }) => hash === anyArgs) : grants;
  return grantFor(call, wanted) !== undefined;
}
