import { GatewayError, sessionNotFound } from '../errors.ts';
import type { AgentNode, Session } from '../generated/prisma/client.ts';
import type { Quotas } from '../limits/quotas.ts';
import type { Database } from '../storage/database.ts';
import { notDeleted } from '../storage/hidden-rows.ts';
import { lockSessions } from '../storage/lock-sessions.ts';
import type { ChangeOwner } from '../storage/statements/changes.ts';
import { idList } from '../storage/statements/dialect.ts';
import { deleteUnusedNodes, detachNodes } from '../storage/statements/hiding.ts';
import type { Writer } from '../storage/statements/statement.ts';
import { endGrants } from './end-grants.ts';
import { type Asker, pickNodes } from './find-node.ts';
import type { NodeChanges } from './node-changes.ts';
import { attachToWorkspace, checkWorkspace, handOver, type WorkspaceSettings } from './workspace-source.ts';

interface AttachInput {
  nodeIds: readonly string[];
  /** The user who has the nodes. Default: see `Attachments.attach`. */
  owner?: string | null | undefined;
  /** Default: the session's present workspace, or else an empty one. */
  workspace?: WorkspaceSettings | null | undefined;
  asker: Asker;
}

/** `AttachInput` for a session that the caller has read or is creating. */
interface AttachWithinInput extends AttachInput {
  /** The user of the session. */
  userId: string;
}

interface AttachmentsOptions {
  database: Database;
  maxNodesPerSession: number;
  quotas: Quotas;
  /** Drops what is in memory of a node that was deleted. */
  forget(agentNodeId: number): void;
  /** Cancels the dispatches of a session on a node. */
  cancelDispatches(agentNodeId: number, sessionId: number): void;
  changes: NodeChanges;
  /** Tells the agents of these nodes to look which workspaces they share now. */
  ringWorkspaces(sessionId: number, agentNodeIds: readonly number[]): void;
  /**
   * Finds the folder of the gateway that a user names as the source of files. Returns it as it is stored.
   *
   * @throws GatewayError BAD_USER_INPUT.
   */
  findServerFolder(path: string, asker: Asker): Promise<string>;
}

/** The tables that attaching uses within a transaction. */
type Transaction = Pick<Database, 'agentNode' | 'sessionNode' | 'workspace' | 'toolGrant'>;

/** Attaches nodes to sessions and detaches them. A session's tools run on its attached nodes only. */
export class Attachments {
  readonly #options: AttachmentsOptions;

  constructor(options: AttachmentsOptions) {
    this.#options = options;
  }

  /**
   * Attaches further nodes to a session. A name that a node of the session has already means that node. Otherwise it
   * means the node of `owner`; without an owner, the node of the session's user or else that of the admin who asks.
   * Admins in their own sessions, and all clients with AUTH=none, also reach the node of the only other user who has
   * one. An admin who asks for another user does not: a common name must not run that user's tools on a stranger's
   * machine.
   *
   * A node that does not exist is created for the first user of these, so that it can be registered later.
   *
   * @throws GatewayError NOT_FOUND; BAD_USER_INPUT if there would be too many nodes, or if the workspace's node is not
   *   attached; CONFLICT if the session has a node with that name of another user than `owner`; QUOTA_EXCEEDED if the
   *   user of a new node has too many nodes.
   */
  async attach(sessionId: number, input: AttachInput): Promise<Session> {
    const { database, changes, ringWorkspaces } = this.#options;
    const workspace = await this.#withFolder(input);
    const { session, told, added } = await database.$transaction(async (tx) => {
      await lockSessions(tx, [sessionId]);
      const session = await tx.session.findUnique({ where: { id: sessionId, ...notDeleted } });
      if (session === null) throw sessionNotFound(sessionId);
      const { userId } = session;
      const told = [];
      const added = await this.attachWithin(tx, sessionId, { ...input, workspace, userId });
      for (const node of added) {
        told.push(...(await changes.write(tx, node, ownersOfBoth(session, node))));
      }
      if (input.workspace) told.push(...(await changes.writeWorkspace(tx, sessionId)));
      return { session, told, added };
    });
    changes.ring(told);
    ringWorkspaces(
      sessionId,
      added.map(({ id }) => id),
    );
    return session;
  }

  /** Looks for the folder before the transaction. */
  async #withFolder({ workspace, asker }: AttachInput): Promise<WorkspaceSettings | undefined> {
    if (workspace?.source !== 'SERVER' || !workspace.path || workspace.sourceNodeId)
      return workspace ?? undefined;
    return { ...workspace, path: await this.#options.findServerFolder(workspace.path, asker) };
  }

  /** Attaches within the caller's transaction and announces nothing. Returns the nodes that were not attached before. */
  async attachWithin(tx: Transaction, sessionId: number, input: AttachWithinInput) {
    const { workspace, owner } = input;
    const wanted = [...new Set(input.nodeIds)];
    const before = await tx.sessionNode.findMany({ where: { sessionId }, include: { node: true } });
    if (owner != null) refuseSameName(before, wanted, owner);
    const known = new Set(before.map(({ node }) => node.nodeId));
    const added = await this.#findOrCreate(
      tx,
      wanted.filter((nodeId) => !known.has(nodeId)),
      input,
    );
    const most = this.#options.maxNodesPerSession;
    if (before.length + added.length > most) {
      const message = `nodeIds: a session has at most ${most} nodes, and this one has ${before.length} already.`;
      throw new GatewayError('BAD_USER_INPUT', message, { field: 'nodeIds' });
    }
    if (workspace) checkWorkspace(workspace, [...known, ...wanted]);
    await attachToWorkspace(tx, sessionId, added, workspace ?? undefined);
    return added;
  }

  /**
   * Detaches a node from a session. The session's dispatches on that node are cancelled, and its grants for it end. A node that is not registered
   * is deleted with its last attachment.
   *
   * @throws GatewayError NOT_FOUND if the node is not attached.
   */
  async detach(sessionId: number, nodeId: string): Promise<Session> {
    const { database, cancelDispatches, changes, ringWorkspaces } = this.#options;
    // Read within the transaction: Prisma reads the node with a second statement, and another call may delete it before.
    const { agentNodeId, session, told } = await database.$transaction(async (tx) => {
      await lockSessions(tx, [sessionId]);
      const attached = await tx.sessionNode.findFirst({
        where: { sessionId, node: { nodeId } },
        include: { node: true, session: true },
      });
      if (attached === null) {
        const message = `The node "${nodeId}" is not attached to session ${sessionId}.`;
        throw new GatewayError('NOT_FOUND', message, { field: 'nodeId' });
      }
      await tx.sessionNode.deleteMany({ where: { sessionId, agentNodeId: attached.agentNodeId } });
      const isHandedOver = await handOver(tx, nodeId, [sessionId]);
      if (attached.node.tokenHash === null) await this.#dropUnused(tx, [attached.agentNodeId]);
      const { node, session } = attached;
      const told = await changes.write(tx, node, ownersOfBoth(session, node));
      if (isHandedOver) told.push(...(await changes.writeWorkspace(tx, sessionId)));
      told.push(...(await changes.writeSessions(tx, await endGrants(tx, node.id, sessionId))));
      return { ...attached, told };
    });
    cancelDispatches(agentNodeId, sessionId);
    changes.ring(told);
    ringWorkspaces(sessionId, [agentNodeId]);
    return session;
  }

  /**
   * Detaches all nodes of sessions within the transaction that deletes these sessions, and announces nothing. Nodes that
   * are not registered are deleted with their last attachment.
   */
  async detachAllWithin(tx: Writer, sessionIds: readonly number[]): Promise<void> {
    const detached = await tx.all(detachNodes, [idList(sessionIds)]);
    if (detached.length === 0) return;
    const unused = await tx.all(deleteUnusedNodes, [idList(detached.map(({ id }) => id))]);
    for (const { id } of unused) this.#options.forget(id);
  }

  /**
   * Deletes those of the nodes that are not registered and that no session has. They were only names, and would keep
   * these names taken.
   */
  async #dropUnused(tx: Transaction, ids: number[]): Promise<void> {
    if (ids.length === 0) return;
    const where = { id: { in: ids }, tokenHash: null, sessions: { none: {} } };
    const unused = await tx.agentNode.findMany({ where, select: { id: true } });
    await tx.agentNode.deleteMany({ where: { id: { in: unused.map(({ id }) => id) } } });
    for (const { id } of unused) this.#options.forget(id);
  }

  async #findOrCreate(
    tx: Transaction,
    nodeIds: string[],
    { userId, owner, asker }: AttachWithinInput,
  ): Promise<AgentNode[]> {
    const admins = asker.isAdmin ? [asker.userId] : [];
    const owners = owner != null ? [owner] : [userId, ...admins];
    const orOfOther = owner == null && (asker.isAnonymous || (asker.isAdmin && asker.userId === userId));
    const where = { nodeId: { in: nodeIds }, ...(!orOfOther && { userId: { in: owners } }) };
    const found = pickNodes(await tx.agentNode.findMany({ where }), owners, orOfOther);
    const known = new Set(found.map(({ nodeId }) => nodeId));
    const missing = nodeIds.filter((nodeId) => !known.has(nodeId));
    if (missing.length === 0) return found;
    const newOwner = owner ?? userId;
    const count = await tx.agentNode.count({ where: { userId: newOwner } });
    this.#options.quotas.checkNodes(count, missing.length);
    const created = await tx.agentNode.createManyAndReturn({
      data: missing.map((nodeId) => ({ nodeId, userId: newOwner, displayName: nodeId, capabilities: [] })),
    });
    return [...found, ...created];
  }
}

/** Who may see that a node was attached to a session, or detached from it. */
function ownersOfBoth(session: Session, node: AgentNode): ChangeOwner[] {
  return [
    { sessionId: session.id, userId: session.userId },
    { sessionId: null, userId: node.userId },
  ];
}

/** Tools name their node by its `nodeId`, so a session cannot have two nodes with the same one. */
function refuseSameName(before: { node: AgentNode }[], wanted: readonly string[], owner: string): void {
  const other = before.find(({ node }) => node.userId !== owner && wanted.includes(node.nodeId));
  if (other === undefined) return;
  const message = `nodeIds: the session has a node "${other.node.nodeId}" of another user; detach it first.`;
  throw new GatewayError('CONFLICT', message, { field: 'nodeIds' });
}
