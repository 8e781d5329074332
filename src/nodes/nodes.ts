import { mintToken } from '../base/secret-token.ts';
import { GatewayError } from '../errors.ts';
import type { AgentNode, Prisma } from '../generated/prisma/client.ts';
import type { Quotas } from '../limits/quotas.ts';
import type { Database } from '../storage/database.ts';
import { isUniqueConflict } from '../storage/prisma-error.ts';
import { type AnnounceNode, attachedSessions } from './attached-sessions.ts';
import type { InboxClosedReason } from './dispatch/node-command.ts';
import { nodeTokenPrefix } from './registry.ts';

/** How a node is presented. Undefined leaves a value unchanged, null removes it. */
export interface NodeSettings {
  displayName?: string | null | undefined;
  description?: string | null | undefined;
}

export interface NodeChanges extends NodeSettings {
  /** False switches the node off: its agent is disconnected and its tools are not offered. */
  isActive?: boolean | null | undefined;
}

/** The person who registers a node. */
export interface Registrant {
  /** The user that the node will belong to. */
  userId: string;
  /** True with AUTH=none, where users are not known: then an attached node of any user may be registered. */
  isAnonymous: boolean;
  /** Whether error messages may say which user a node belongs to. */
  isAdmin: boolean;
}

/** A node with its new token. The gateway keeps only the token's hash, so it can never show the token again. */
export interface NodeToken {
  node: AgentNode;
  token: string;
}

export interface NodesOptions {
  database: Database;
  quotas: Quotas;
  /** Closes a node's inbox and ends its dispatches. */
  disconnect(agentNodeId: number, reason: InboxClosedReason): void;
  announce: AnnounceNode;
}

export function nodeNotFound(nodeId: string): GatewayError {
  return new GatewayError('NOT_FOUND', `There is no node "${nodeId}".`);
}

/** Registers, changes and deletes nodes, in the database. `Registry` knows which of them are connected. */
export class Nodes {
  readonly #options: NodesOptions;

  constructor(options: NodesOptions) {
    this.#options = options;
  }

  /**
   * Registers a node and gives it its token. A node that was attached to a session before it was registered
   * belongs to that session's user, and only that user may register it. Otherwise the agent's owner would run
   * commands for a stranger who named the node first.
   *
   * @throws GatewayError CONFLICT if the node has a token already, or belongs to another user; QUOTA_EXCEEDED
   *   if the user has too many nodes.
   */
  async register(input: NodeSettings & { nodeId: string }, registrant: Registrant): Promise<NodeToken> {
    const { database, quotas } = this.#options;
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
      const node = await database.$transaction(async (tx) => {
        quotas.checkNodes(await tx.agentNode.count({ where: { userId } }), 1);
        return tx.agentNode.create({ data: { ...data, nodeId, userId, capabilities: [] } });
      });
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
   * Replaces a node's token. An agent that is connected with the old token is disconnected.
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
   * Deletes a node. The sessions it was attached to continue without it.
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
