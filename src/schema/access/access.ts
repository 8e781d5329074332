import { shorten } from '../../base/cut-text.ts';
import { attachmentNotFound } from '../../chat/attachments/attachment-library.ts';
import { runNotFound } from '../../chat/engine.ts';
import { joinedRunId } from '../../chat/log/joined-run.ts';
import { grantNotFound } from '../../chat/tool-calls/grants/revoke-grant.ts';
import type { Context } from '../../context.ts';
import { GatewayError, messageNotFound, sessionNotFound } from '../../errors.ts';
import { beyondTicket } from '../../identity/stream-tickets.ts';
import { unauthenticated } from '../../identity/unauthenticated.ts';
import { anonymous, type Viewer } from '../../identity/viewer.ts';
import type { Asker } from '../../nodes/find-node.ts';
import type { NodeIdentity } from '../../nodes/presence/connected-nodes.ts';
import { runById } from '../../storage/statements/run-states.ts';
import { isOwnedType, type OwnedType, ownersOf } from './owners.ts';

/**
 * Who may use a field of a root type. Each such field has one of these as its `authScopes`, which
 * test/gateway/identity/root-fields.test.ts checks. The objects that a field leads to belong to the same user. An
 * object of another user is treated like one that does not exist.
 */
export interface AuthScopes {
  /** Any user. The field itself must look only among the viewer's objects: see `ownerFilter`. */
  user: true;
  /** Any admin. */
  admin: true;
  /** The agent of a node, with the token of that node. */
  agent: true;
  /**
   * This user, and admins. Null or undefined stands for the viewer. The field itself must look only among the objects
   * of that user.
   */
  actFor: string | null | undefined;
  /** The owner of the session with this id, and admins. The same for the next three. */
  session: number;
  run: number;
  message: number;
  attachment: number;
  grant: number;
  /**
   * As `run`, and the holder of a stream ticket for the run, or for a run whose prompt has joined the answer of this one. The
   * field must show nothing but the run.
   */
  followRun: number;
}

/**
 * Decides the scopes for the scope-auth plugin. A scope that is refused rejects with the error for the client. It must
 * not throw: the plugin would then forget the promise of another scope of the same field, and if that rejects, nobody
 * handles it, which ends the process.
 */
export function decideScopes(context: Context) {
  const owns = async (type: OwnedType, id: number, notFound: (id: number) => Error) => {
    const owner = ownerOf(context);
    if (owner === undefined || (await ownersOf(context)[type].load(id)) === owner) return true;
    throw notFound(id);
  };
  /** Whether the prompt of a run has joined the answer of another one, whose run events are those of both then. */
  const hasJoined = async (runId: number, other: number) => {
    const run = await context.statements.get(runById, [runId]);
    return run !== undefined && joinedRunId(run) === other;
  };
  const followRun = async (id: number) => {
    const { ticket } = context;
    if (!ticket) return owns('Run', id, runNotFound);
    if (ticket.runId !== id && !(await hasJoined(ticket.runId, id))) throw beyondTicket();
    const owner = await ownersOf(context).Run.load(id);
    if (owner !== null && (ticket.viewer.isAdmin || ticket.viewer.userId === owner)) return true;
    throw runNotFound(id);
  };
  return {
    user: async () => userOf(context) !== null,
    admin: async () => {
      if (userOf(context).isAdmin) return true;
      throw new GatewayError('FORBIDDEN', 'Only an admin may do that.');
    },
    agent: async () => agentOf(context) !== null,
    actFor: async (userId: string | null | undefined) => {
      const owner = ownerOf(context);
      if (owner === undefined || userId == null || userId === owner) return true;
      throw new GatewayError('FORBIDDEN', 'Only an admin may act for other users.');
    },
    session: (id: number) => owns('Session', id, sessionNotFound),
    run: (id: number) => owns('Run', id, runNotFound),
    message: (id: number) => owns('Message', id, messageNotFound),
    attachment: (id: number) => owns('Attachment', id, attachmentNotFound),
    grant: (id: number) => owns('ToolGrant', id, grantNotFound),
    followRun,
  };
}

/**
 * The user for whom the request is made.
 *
 * @throws GatewayError FORBIDDEN if the request has the token of a node, or a stream ticket.
 */
export function userOf({ viewer, ticket }: Pick<Context, 'viewer' | 'ticket'>): Viewer {
  if (viewer) return viewer;
  if (ticket) throw beyondTicket();
  throw new GatewayError('FORBIDDEN', 'The token of a node is for its agent, and opens nothing else.');
}

/**
 * The node that the token of the request belongs to.
 *
 * @throws GatewayError FORBIDDEN if the request has the token of a user, UNAUTHENTICATED if it needs no token (AUTH=none).
 */
export function agentOf({ agentNode, viewer }: Context): NodeIdentity {
  if (agentNode) return agentNode;
  const message =
    'Only the agent of a node may use this field. Send the token of the node as `Authorization: Bearer swn_…`.';
  throw viewer === anonymous ? unauthenticated(message) : new GatewayError('FORBIDDEN', message);
}

/** The user whose token must stay valid while a subscription is open, and who is counted as its follower. */
export function followerOf({ viewer, ticket }: Pick<Context, 'viewer' | 'ticket'>): Viewer | null {
  return viewer ?? ticket?.viewer ?? null;
}

/** The viewer as the one who names nodes. */
export function askerOf(context: Context): Asker {
  const viewer = userOf(context);
  return { userId: viewer.userId, isAdmin: viewer.isAdmin, isAnonymous: viewer === anonymous };
}

/** The user that the viewer is limited to; undefined for an admin, who sees the objects of all users. */
export function ownerOf(context: Context): string | undefined {
  const { isAdmin, userId } = userOf(context);
  return isAdmin ? undefined : userId;
}

/** `ownerOf` as a condition on nodes and, with `notDeleted`, on sessions; empty for an admin. */
export function ownerFilter(context: Context): { userId?: string } {
  const userId = ownerOf(context);
  return userId === undefined ? {} : { userId };
}

/**
 * Whether a Relay id names an object that was not deleted and that the viewer may see.
 *
 * @throws GatewayError BAD_USER_INPUT for a type that has no ids.
 */
export async function isOwn(context: Context, { typename, id }: { typename: string; id: string }) {
  const viewer = ownerOf(context);
  if (!isOwnedType(typename)) {
    throw new GatewayError('BAD_USER_INPUT', `Objects of the type "${shorten(typename, 64)}" have no ids.`);
  }
  const owner = await ownersOf(context)[typename].load(Number(id));
  return owner !== null && (viewer === undefined || owner === viewer);
}
