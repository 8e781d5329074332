import { randomUUID } from 'node:crypto';
import { GatewayError, sessionNotFound } from '../errors.ts';
import type { AgentNode, Prisma, Session, WorkspaceSource } from '../generated/prisma/client.ts';
import type { Database } from '../storage/database.ts';
import type { AnnounceNode } from './attached-sessions.ts';

/** Where the files of a session come from. */
export interface WorkspaceSettings {
  source: WorkspaceSource;
  path?: string | null | undefined;
  /** The node that has the files, for NODE_LOCAL. */
  sourceNodeId?: string | null | undefined;
}

export interface AttachInput {
  nodeIds: readonly string[];
  /** Default: an empty one, unless the session has one. */
  workspace?: WorkspaceSettings | null | undefined;
  /** Whether an admin asks, who may attach the nodes of others. */
  isAdmin: boolean;
}

/** The same, where the session is known. */
export interface AttachWithinInput extends AttachInput {
  /** Whom the session belongs to, and so do nodes that nobody has registered yet. */
  userId: string;
}

export interface AttachmentsOptions {
  database: Database;
  maxNodesPerSession: number;
  /** Cancels what a session runs on a node. */
  cancelDispatches(agentNodeId: number, sessionId: number): void;
  announce: AnnounceNode;
}

/** What attaching does within a transaction. */
type Transaction = Pick<Database, 'agentNode' | 'sessionNode' | 'workspace'>;

/** Which nodes run the tools of which sessions. */
export class Attachments {
  readonly #options: AttachmentsOptions;

  constructor(options: AttachmentsOptions) {
    this.#options = options;
  }

  /**
   * Attaches nodes to a session. Those that are attached stay; those that nobody has registered are made, so
   * that they can be registered later.
   *
   * @throws GatewayError NOT_FOUND, BAD_USER_INPUT for too many nodes or a workspace of a node that is not
   *   attached; CONFLICT for nodes of others.
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

  /** The same as a part of another transaction, without telling anybody. Returns the nodes that are new. */
  async attachWithin(tx: Transaction, sessionId: number, input: AttachWithinInput) {
    const { workspace, userId, isAdmin } = input;
    const wanted = [...new Set(input.nodeIds)];
    const nodes = await findOrCreate(tx, wanted, userId);
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
   * Takes a node away from a session; what the session runs on it is cancelled.
   *
   * @throws GatewayError NOT_FOUND where it is not attached.
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
    await database.sessionNode.deleteMany({ where: { sessionId, agentNodeId } });
    cancelDispatches(agentNodeId, sessionId);
    await announce(node, [sessionId]);
    return session;
  }
}

async function findOrCreate(tx: Transaction, nodeIds: string[], userId: string) {
  const find = () => tx.agentNode.findMany({ where: { nodeId: { in: nodeIds } } });
  const found = await find();
  const known = new Set(found.map(({ nodeId }) => nodeId));
  const missing = nodeIds.filter((nodeId) => !known.has(nodeId));
  if (missing.length === 0) return found;
  const data = missing.map((nodeId) => ({ nodeId, userId, displayName: nodeId, capabilities: [] }));
  await tx.agentNode.createMany({ data });
  return find();
}

function checkWorkspace({ source, path, sourceNodeId }: WorkspaceSettings, nodeIds: readonly string[]): void {
  const refuse = (field: string, expected: string) => {
    throw new GatewayError('BAD_USER_INPUT', `workspace.${field}: ${expected}`, {
      field: `workspace.${field}`,
    });
  };
  if (source === 'EMPTY' && path) refuse('path', 'an empty workspace has none.');
  if (source === 'SERVER' && !path) refuse('path', 'expected a folder of the gateway.');
  if (source === 'NODE_LOCAL' && !sourceNodeId)
    refuse('sourceNodeId', 'expected the node that has the files.');
  if (source !== 'NODE_LOCAL' && sourceNodeId) refuse('sourceNodeId', 'only for the source NODE_LOCAL.');
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

/** Whose they are is nobody else's business; that a name is taken cannot be kept secret. */
function refuseOthers(nodes: AgentNode[], userId: string): void {
  const other = nodes.find((node) => node.userId !== userId);
  if (other === undefined) return;
  throw new GatewayError('CONFLICT', `nodeIds: "${other.nodeId}" is taken.`, { field: 'nodeIds' });
}
