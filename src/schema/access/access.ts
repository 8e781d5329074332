import type DataLoader from 'dataloader';
import { messageNotFound } from '../../chat/audio/audio-library.ts';
import { runNotFound } from '../../chat/engine.ts';
import type { Context } from '../../context.ts';
import { GatewayError, sessionNotFound } from '../../errors.ts';
import { unauthenticated } from '../../identity/unauthenticated.ts';
import { anonymous, type Viewer } from '../../identity/viewer.ts';
import { nodeNotFound } from '../../nodes/nodes.ts';
import type { NodeIdentity } from '../../nodes/presence/connected-nodes.ts';
import { ownersOf } from './owners.ts';

/**
 * Who may use a field of a root type. Each has one of these as its `authScopes`
 * (test/schema/access.test.ts); what a field leads to belongs to the same user. A session, run, message or node
 * of somebody else is answered as one that does not exist.
 */
export interface AuthScopes {
  /** Any user. Such a field looks among the viewer's own things only: see `ownerFilter`. */
  user: true;
  /** The agent of a node. */
  agent: true;
  /** Who may act for this user: themselves and admins. Null or undefined: for oneself. */
  actFor: string | null | undefined;
  /** Whom the session with this id belongs to; likewise the others. */
  session: number;
  run: number;
  message: number;
  /** By `nodeId`. */
  node: string;
}

/** Decides each scope for scope-auth. One that does not let in throws what the client is told. */
export function decideScopes(context: Context) {
  const owners = ownersOf(context);
  const owns = async <Id>(loader: DataLoader<Id, string | null>, id: Id, notFound: (id: Id) => Error) => {
    const owner = ownerOf(context);
    if (owner === undefined || (await loader.load(id)) === owner) return true;
    throw notFound(id);
  };
  return {
    user: () => userOf(context) !== null,
    agent: () => agentOf(context) !== null,
    actFor: (userId: string | null | undefined) => {
      const owner = ownerOf(context);
      if (owner === undefined || userId == null || userId === owner) return true;
      throw new GatewayError('FORBIDDEN', 'Only an admin may act for other users.');
    },
    session: (id: number) => owns(owners.byType.Session, id, sessionNotFound),
    run: (id: number) => owns(owners.byType.Run, id, runNotFound),
    message: (id: number) => owns(owners.byType.Message, id, messageNotFound),
    node: (nodeId: string) => owns(owners.nodeId, nodeId, nodeNotFound),
  };
}

/**
 * The user who is asking.
 *
 * @throws GatewayError FORBIDDEN where it is a node.
 */
export function userOf({ viewer }: Pick<Context, 'viewer'>): Viewer {
  if (viewer) return viewer;
  throw new GatewayError('FORBIDDEN', 'The token of a node is for its agent, and opens nothing else.');
}

/**
 * The node that is asking.
 *
 * @throws GatewayError where it is a user: UNAUTHENTICATED if nobody asked who.
 */
export function agentOf({ agentNode, viewer }: Context): NodeIdentity {
  if (agentNode) return agentNode;
  const message = 'This is for the agents of nodes: send the token of one, as `Authorization: Bearer swn_…`.';
  throw viewer === anonymous ? unauthenticated(message) : new GatewayError('FORBIDDEN', message);
}

/** Whose things the viewer sees; undefined for an admin, who sees everybody's. */
export function ownerOf(context: Context): string | undefined {
  const { isAdmin, userId } = userOf(context);
  return isAdmin ? undefined : userId;
}

/** The same as a condition on sessions and nodes: empty for an admin. */
export function ownerFilter(context: Context): { userId?: string } {
  const userId = ownerOf(context);
  return userId === undefined ? {} : { userId };
}

/** Whether a Relay id names something of the viewer's. */
export async function isOwn(context: Context, { typename, id }: { typename: string; id: string }) {
  const owner = ownerOf(context);
  if (owner === undefined) return true;
  const loaders: Record<string, DataLoader<number, string | null>> = ownersOf(context).byType;
  const loader = Object.hasOwn(loaders, typename) ? loaders[typename] : undefined;
  return loader !== undefined && (await loader.load(Number(id))) === owner;
}
