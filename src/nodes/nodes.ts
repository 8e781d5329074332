import { mintToken } from '../base/secret-token.ts';
import { type Actor, type Deed, noteDeedsWithin } from '../changes/audit.ts';
import { GatewayError } from '../errors.ts';
import type { AgentNode, Prisma } from '../generated/prisma/client.ts';
import type { Quotas } from '../limits/quotas.ts';
import type { Database } from '../storage/database.ts';
import { lockSessions } from '../storage/lock-sessions.ts';
import type { InboxClosedReason } from './dispatch/node-command.ts';
import { endGrants } from './end-grants.ts';
import { type Asker, findNode, type NodeName } from './find-node.ts';
import type { NodeChanges as ChangeWriter } from './node-changes.ts';
import { nodeTokenPrefix } from './registry.ts';
import { handOver } from './workspace-source.ts';

/** How a node is presented. Undefined leaves a value unchanged, null removes it. */
export interface NodeSettings {
  displayName?: string | null | undefined;
  description?: string | null | undefined;
}

export interface NodeChanges extends NodeSettings {
  /** False switches the node off: its agent is disconnected and its tools are not offered. */
  isActive?: boolean | null | undefined;
}

/** A node with its new token. The gateway keeps only the token's hash, so it can never show the token again. */
export interface NodeToken {
  node: AgentNode;
  token: string;
}

export interface NodesOptions {
  database: Database;
  quotas: Pick<Quotas, 'checkNodes'>;
  /** Closes a node's inbox and ends its dispatches. */
  disconnect(agentNodeId: number, reason: InboxClosedReason): void;
  changes: ChangeWriter;
}

function nodeNotFound(nodeId: string): GatewayError {
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
   * commands for a stranger who named the node first. With AUTH=none there are no strangers.
   *
   * @param input `userId` is the user that the node will belong to. Default: the asker.
   * @throws GatewayError CONFLICT if the user has a node with this name that has a token already; BAD_USER_INPUT
   *   with AUTH=none, if several users have attached a node with this name; QUOTA_EXCEEDED if the user has too many
   *   nodes.
   */
  async register(input: NodeSettings & NodeName, asker: Asker, actor?: Actor): Promise<NodeToken> {
    const { database, quotas, changes } = this.#options;
    const { nodeId, displayName, description = null } = input;
    const userId = input.userId ?? asker.userId;
    const { token, tokenHash } = mintToken(nodeTokenPrefix);
    const data = { displayName: displayName ?? nodeId, description, tokenHash };
    const { node, told } = await database.$transaction(async (tx) => {
      const named = await findNode(tx, input, { userId: asker.userId, isAdmin: asker.isAnonymous });
      if (named?.tokenHash) throw registeredAlready(nodeId);
      if (!named) quotas.checkNodes(await tx.agentNode.count({ where: { userId } }), 1);
      const node = named
        ? await tx.agentNode.update({ where: { id: named.id }, data })
        : await tx.agentNode.create({ data: { ...data, nodeId, userId, capabilities: [] } });
      await noteDeedsWithin(tx, actor, [deedOf('NODE_REGISTERED', node)]);
      return { node, told: await changes.write(tx, node, await changes.ownersOf(tx, node)) };
    });
    changes.ring(told);
    return { node, token };
  }

  /**
   * Finds the node that a name means for the asker: see `findNode`.
   *
   * @throws GatewayError NOT_FOUND; BAD_USER_INPUT if several users have such a node.
   */
  async find(name: NodeName, asker: Asker): Promise<AgentNode> {
    const node = await findNode(this.#options.database, name, asker);
    if (node === null) throw nodeNotFound(name.nodeId);
    return node;
  }

  /**
   * Replaces a node's token. An agent that is connected with the old token is disconnected. The grants for the node end in
   * all sessions, because another machine may get the token.
   *
   * @throws GatewayError NOT_FOUND if the node has been deleted.
   */
  async rotateToken(node: AgentNode, actor?: Actor): Promise<NodeToken> {
    const { token, tokenHash } = mintToken(nodeTokenPrefix);
    const changed = await this.#change(node, { tokenHash }, actor);
    this.#options.disconnect(node.id, 'TOKEN_REVOKED');
    return { node: changed, token };
  }

  /** @throws GatewayError NOT_FOUND if the node has been deleted. */
  async update(node: AgentNode, changes: NodeChanges): Promise<AgentNode> {
    const { disconnect } = this.#options;
    const { displayName, description, isActive } = changes;
    const changed = await this.#change(node, {
      ...(displayName !== undefined && { displayName: displayName ?? node.nodeId }),
      ...(description !== undefined && { description }),
      ...(isActive != null && { isActive }),
    });
    if (!changed.isActive) disconnect(node.id, 'NODE_DISABLED');
    return changed;
  }

  /** Deletes a node. The sessions it was attached to continue without it. */
  async delete(node: AgentNode, actor?: Actor): Promise<void> {
    const { database, disconnect, changes } = this.#options;
    const told = await database.$transaction(async (tx) => {
      const owners = await changes.ownersOf(tx, node);
      const sessionIds = owners.flatMap(({ sessionId }) => sessionId ?? []);
      await lockSessions(tx, sessionIds);
      await handOver(tx, node.nodeId, sessionIds);
      const { count } = await tx.agentNode.deleteMany({ where: { id: node.id } });
      if (count > 0) await noteDeedsWithin(tx, actor, [deedOf('NODE_DELETED', node)]);
      return count === 0 ? [] : changes.write(tx, node, owners);
    });
    disconnect(node.id, 'NODE_DELETED');
    changes.ring(told);
  }

  async #change(
    { id, nodeId }: AgentNode,
    data: Prisma.AgentNodeUpdateManyMutationInput,
    actor?: Actor,
  ): Promise<AgentNode> {
    const { database, changes } = this.#options;
    const { node, told } = await database.$transaction(async (tx) => {
      const [node] = await tx.agentNode.updateManyAndReturn({ where: { id }, data });
      if (node === undefined) throw nodeNotFound(nodeId);
      const told = await changes.write(tx, node, await changes.ownersOf(tx, node));
      if (data.tokenHash !== undefined) {
        told.push(...(await changes.writeSessions(tx, await endGrants(tx, id))));
        await noteDeedsWithin(tx, actor, [deedOf('NODE_TOKEN_ROTATED', node)]);
      }
      return { node, told };
    });
    changes.ring(told);
    return node;
  }
}

function deedOf(
  action: 'NODE_REGISTERED' | 'NODE_DELETED' | 'NODE_TOKEN_ROTATED',
  { nodeId, userId }: Pick<AgentNode, 'nodeId' | 'userId'>,
): Deed {
  return { action, ownerId: userId, subject: `AgentNode:${nodeId}` };
}

function registeredAlready(nodeId: string): GatewayError {
  const message = `The node "${nodeId}" is registered. To replace its token, use rotateNodeToken.`;
  return new GatewayError('CONFLICT', message, { field: 'input.nodeId' });
}
