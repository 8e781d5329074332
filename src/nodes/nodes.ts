import { mintToken } from '../base/secret-token.ts';
import { GatewayError } from '../errors.ts';
import type { AgentNode, Prisma } from '../generated/prisma/client.ts';
import type { Database } from '../storage/database.ts';
import { isUniqueConflict } from '../storage/prisma-error.ts';
import { type AnnounceNode, attachedSessions } from './attached-sessions.ts';
import type { InboxClosedReason } from './dispatch/node-command.ts';
import { nodeNotFound } from './node-errors.ts';
import { nodeTokenPrefix } from './node-token.ts';

/** What can be said of a node; what is undefined stays as it is, null takes it away. */
export interface NodeSettings {
  displayName?: string | null | undefined;
  description?: string | null | undefined;
}

export interface NodeChanges extends NodeSettings {
  /** False switches it off. */
  isActive?: boolean | null | undefined;
}

/** Who registers a node, and for whom. */
export interface Registrant {
  /** Whom it is to belong to. */
  userId: string;
  /** Nobody is known here: a node that was attached is registered, whomever it belongs to. */
  isAnonymous: boolean;
  /** Whether they are told whom a node belongs to. */
  isAdmin: boolean;
}

/** A node with its new token, which nobody will be shown again. */
export interface NodeToken {
  node: AgentNode;
  token: string;
}

export interface NodesOptions {
  database: Database;
  /** Ends what is connected to a node, and what runs on it. */
  disconnect(agentNodeId: number, reason: InboxClosedReason): void;
  announce: AnnounceNode;
}

/** The nodes there are: who may connect, and as what. */
export class Nodes {
  readonly #options: NodesOptions;

  constructor(options: NodesOptions) {
    this.#options = options;
  }

  /**
   * Gives a node its token. One that was attached before it was registered still belongs to whom it did: whoever
   * runs its agent is not to find that it does what others want because they were first to name it.
   *
   * @throws GatewayError CONFLICT where it has a token, or belongs to somebody else.
   */
  async register(input: NodeSettings & { nodeId: string }, registrant: Registrant): Promise<NodeToken> {
    const { database } = this.#options;
    const { nodeId, displayName, description = null } = input;
    const { userId, isAnonymous, isAdmin } = registrant;
    const { token, tokenHash } = mintToken(nodeTokenPrefix);
    const data = { displayName: displayName ?? nodeId, description, tokenHash };
    const [attached] = await database.agentNode.updateManyAndReturn({
      where: { nodeId, tokenHash: null, ...(!isAnonymous && { userId }) },
      data,
    });
    if (attached) return { node: attached, token };
    try {
      const node = await database.agentNode.create({ data: { ...data, nodeId, userId, capabilities: [] } });
      return { node, token };
    } catch (error) {
      if (!isUniqueConflict(error)) throw error;
      const there = await database.agentNode.findUnique({ where: { nodeId } });
      throw new GatewayError('CONFLICT', takenBecause(nodeId, there, userId, isAdmin), {
        field: 'input.nodeId',
      });
    }
  }

  /**
   * Replaces a node's token. Whoever is connected with the old one is disconnected.
   *
   * @throws GatewayError NOT_FOUND.
   */
  async rotateToken(nodeId: string): Promise<NodeToken> {
    const { token, tokenHash } = mintToken(nodeTokenPrefix);
    const node = await this.#change(nodeId, { tokenHash });
    this.#options.disconnect(node.id, 'TOKEN_REVOKED');
    return { node, token };
  }

  /** @throws GatewayError NOT_FOUND. */
  async update(nodeId: string, changes: NodeChanges): Promise<AgentNode> {
    const { database, disconnect, announce } = this.#options;
    const { displayName, description, isActive } = changes;
    const node = await this.#change(nodeId, {
      ...(displayName !== undefined && { displayName: displayName ?? nodeId }),
      ...(description !== undefined && { description }),
      ...(isActive != null && { isActive }),
    });
    if (!node.isActive) disconnect(node.id, 'NODE_DISABLED');
    await announce(node, await attachedSessions(database, node.id));
    return node;
  }

  /**
   * Deletes a node; sessions that it was attached to go on without it.
   *
   * @throws GatewayError NOT_FOUND.
   */
  async delete(nodeId: string): Promise<void> {
    const { database, disconnect, announce } = this.#options;
    const node = await database.agentNode.findUnique({ where: { nodeId } });
    if (node === null) throw nodeNotFound(nodeId);
    const sessionIds = await attachedSessions(database, node.id);
    await database.agentNode.deleteMany({ where: { id: node.id } });
    disconnect(node.id, 'NODE_DELETED');
    await announce(node, sessionIds);
  }

  async #change(nodeId: string, data: Prisma.AgentNodeUpdateManyMutationInput): Promise<AgentNode> {
    const [node] = await this.#options.database.agentNode.updateManyAndReturn({ where: { nodeId }, data });
    if (node === undefined) throw nodeNotFound(nodeId);
    return node;
  }
}

function takenBecause(nodeId: string, there: AgentNode | null, userId: string, isAdmin: boolean): string {
  if (there?.tokenHash && (isAdmin || there.userId === userId))
    return `The node "${nodeId}" is registered. To replace its token, use rotateNodeToken.`;
  if (there && isAdmin)
    return `The node "${nodeId}" was attached by "${there.userId}": register it for them, or delete it first.`;
  return `The nodeId "${nodeId}" is taken.`;
}
