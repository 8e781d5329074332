import { randomUUID } from 'node:crypto';
import { GatewayError, sessionNotFound } from '../errors.ts';
import type { AgentNode, Prisma, Session, WorkspaceSource } from '../generated/prisma/client.ts';
import type { Quotas } from '../limits/quotas.ts';
import type { Database } from '../storage/database.ts';
import type { AnnounceNode } from './attached-sessions.ts';

/** Where the files of a session come from. */
interface WorkspaceSettings {
  source: WorkspaceSource;
  path?: string | null | undefined;
  /** The `nodeId` of the node that has the files. Only for NODE_LOCAL. */
  sourceNodeId?: string | null | undefined;
}

interface AttachInput {
  nodeIds: readonly string[];
  /** Default: the session's present workspace, or else an empty one. */
  workspace?: WorkspaceSettings | null | undefined;
  /** Whether an admin asks: admins may attach nodes of other users. */
  isAdmin: boolean;
}

/** `AttachInput` for a session that the caller has read or is creating. */
interface AttachWithinInput extends AttachInput {
  /** The user of the session. Nodes that are not registered yet will belong to this user. */
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
  announce: AnnounceNode;
}

/** The tables that attaching uses within a transaction. */
type Transaction = Pick<Database, 'agentNode' | 'sessionNode' | 'workspace'>;

/** Attaches nodes to sessions and detaches them. A session's tools run on its attached nodes only. */
export class Attachments {
  readonly #options: AttachmentsOptions;

  constructor(options: AttachmentsOptions) {
    this.#options = options;
  }

  /**
   * Attaches further nodes to a session. A node that is not registered yet is created, so that it can be registered
   * later.
   *
   * @throws GatewayError NOT_FOUND; BAD_USER_INPUT if there would be too many nodes, or if the workspace's node is not
   *   attached; CONFLICT if a node belongs to another user; QUOTA_EXCEEDED if the session's user has too many nodes.
   */
  async attach(sessionId: number, input: AttachInput): Promise<Session> {
    const { database, announce } = this.#options;
    const { session, attached } = await database.$transaction(async (tx) => {
      const session = await tx.session.findUnique({ where: { id: sessionId } });
      if (session === null) throw sessionNotFound(sessionId);
      return {
        session,
        attached: await this.attachWithin(tx, sessionId, { ...input, userId: session.userId }),
      };
    });
    for (const node of attached) await announce(node, [sessionId]);
    return session;
  }

  /** Attaches within the caller's transaction and announces nothing. Returns the nodes that were not attached before. */
  async attachWithin(tx: Transaction, sessionId: number, input: AttachWithinInput) {
    const { workspace, userId, isAdmin } = input;
    const wanted = [...new Set(input.nodeIds)];
    const nodes = await this.#findOrCreate(tx, wanted, userId);
    if (!isAdmin) refuseOthers(nodes, userId);
    const before = await tx.sessionNode.findMany({ where: { sessionId }, include: { node: true } });
    const known = new Set(before.map(({ agentNodeId }) => agentNodeId));
    const added = nodes.filter(({ id }) => !known.has(id));
    const most = this.#options.maxNodesPerSession;
    if (before.length + added.length > most) {
      const message = `nodeIds: a session has at most ${most} nodes, and this one has ${before.length} already.`;
      throw new GatewayError('BAD_USER_INPUT', message, { field: 'nodeIds' });
    }
    const names = [...before.map(({ node }) => node.nodeId), ...wanted];
    if (workspace) checkWorkspace(workspace, names);
    await tx.sessionNode.createMany({ data: added.map(({ id }) => ({ sessionId, agentNodeId: id })) });
    await storeWorkspace(tx, sessionId, workspace ?? undefined);
    return added;
  }

  /**
   * Detaches a node from a session. The session's dispatches on that node are cancelled. A node that is not registered
   * is deleted with its last attachment.
   *
   * @throws GatewayError NOT_FOUND if the node is not attached.
   */
  async detach(sessionId: number, nodeId: string): Promise<Session> {
    const { database, cancelDispatches, announce } = this.#options;
    const attached = await database.sessionNode.findFirst({
      where: { sessionId, node: { nodeId } },
      include: { node: true, session: true },
    });
    if (attached === null) {
      const message = `The node "${nodeId}" is not attached to session ${sessionId}.`;
      throw new GatewayError('NOT_FOUND', message, { field: 'nodeId' });
    }
    const { agentNodeId, node, session } = attached;
    await database.$transaction(async (tx) => {
      await tx.sessionNode.deleteMany({ where: { sessionId, agentNodeId } });
      if (node.tokenHash === null) await this.dropUnused(tx, [agentNodeId]);
    });
    cancelDispatches(agentNodeId, sessionId);
    await announce(node, [sessionId]);
    return session;
  }

  /**
   * Finds the nodes of a session that are not registered. Call it in the transaction that deletes the session, before
   * the session is deleted, and `dropUnused` after that.
   */
  async unregisteredOf(tx: Transaction, sessionId: number): Promise<number[]> {
    const attached = await tx.sessionNode.findMany({
      where: { sessionId, node: { tokenHash: null } },
      select: { agentNodeId: true },
    });
    return attached.map(({ agentNodeId }) => agentNodeId);
  }

  /**
   * Deletes those of the nodes that are not registered and that no session has. They were only names, and would keep
   * these names taken.
   */
  async dropUnused(tx: Transaction, ids: number[]): Promise<void> {
    if (ids.length === 0) return;
    const where = { id: { in: ids }, tokenHash: null, sessions: { none: {} } };
    const unused = await tx.agentNode.findMany({ where, select: { id: true } });
    await tx.agentNode.deleteMany({ where: { id: { in: unused.map(({ id }) => id) } } });
    for (const { id } of unused) this.#options.forget(id);
  }

  async #findOrCreate(tx: Transaction, nodeIds: string[], userId: string): Promise<AgentNode[]> {
    const find = () => tx.agentNode.findMany({ where: { nodeId: { in: nodeIds } } });
    const found = await find();
    const known = new Set(found.map(({ nodeId }) => nodeId));
    const missing = nodeIds.filter((nodeId) => !known.has(nodeId));
    if (missing.length === 0) return found;
    this.#options.quotas.checkNodes(await tx.agentNode.count({ where: { userId } }), missing.length);
    const data = missing.map((nodeId) => ({ nodeId, userId, displayName: nodeId, capabilities: [] }));
    await tx.agentNode.createMany({ data });
    return find();
  }
}

function checkWorkspace({ source, path, sourceNodeId }: WorkspaceSettings, nodeIds: readonly string[]): void {
  const refuse = (field: string, expected: string) => {
    throw new GatewayError('BAD_USER_INPUT', `workspace.${field}: ${expected}`, {
      field: `workspace.${field}`,
    });
  };
  if (source === 'EMPTY' && path) refuse('path', 'an empty workspace must not have a path.');
  if (source === 'SERVER' && !path) refuse('path', 'expected a folder of the gateway.');
  if (source === 'NODE_LOCAL' && !sourceNodeId)
    refuse('sourceNodeId', 'expected the node that has the files.');
  if (source !== 'NODE_LOCAL' && sourceNodeId)
    refuse('sourceNodeId', 'allowed only with the source NODE_LOCAL.');
  if (sourceNodeId && !nodeIds.includes(sourceNodeId)) {
    refuse('sourceNodeId', 'expected a node that is attached to the session.');
  }
}

async function storeWorkspace(
  tx: Transaction,
  sessionId: number,
  workspace: WorkspaceSettings | undefined,
): Promise<void> {
  const { source, path = null, sourceNodeId = null } = workspace ?? { source: 'EMPTY' };
  const files: Prisma.WorkspaceUncheckedUpdateInput = { source, path, sourceNodeId };
  await tx.workspace.upsert({
    where: { sessionId },
    create: { sessionId, workspaceId: randomUUID(), source, path, sourceNodeId },
    update: workspace ? files : {},
  });
}

/** The message does not name the node's owner, because that is private. It cannot hide that the name is taken. */
function refuseOthers(nodes: AgentNode[], userId: string): void {
  const other = nodes.find((node) => node.userId !== userId);
  if (other === undefined) return;
  throw new GatewayError('CONFLICT', `nodeIds: "${other.nodeId}" is taken.`, { field: 'nodeIds' });
}
