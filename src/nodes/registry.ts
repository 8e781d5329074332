import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { hashToken } from '../base/secret-token.ts';
import { GatewayError } from '../errors.ts';
import type { AgentNode } from '../generated/prisma/client.ts';
import type { Database } from '../storage/database.ts';
import { Connection } from './dispatch/connection.ts';
import type { DispatchLimits } from './dispatch/dispatch-limits.ts';
import { closedInbox, followInbox, type InboxLog, inboxKey } from './dispatch/inbox.ts';
import type { InboxRequest } from './dispatch/inbox-request.ts';
import type { InboxClosedReason, NodeCommand } from './dispatch/node-command.ts';
import { findWaitedFor } from './dispatch/waited-for.ts';
import type { Homes } from './homes/homes.ts';
import type { NodeChanges } from './node-changes.ts';
import { ChangeThrottle } from './presence/change-throttle.ts';
import { ConnectedNodes, type ConnectedNodesOptions, type NodeIdentity } from './presence/connected-nodes.ts';
import { findChanged } from './presence/find-changed.ts';
import { LastSeen } from './presence/last-seen.ts';
import { LiveNode } from './presence/live-node.ts';
import type { NodeConnectivity, NodeStats, Presence } from './presence/presence.ts';
import { noteAgent } from './syncing-agents.ts';

/** The beginning of every node's token. It distinguishes node tokens from user tokens. */
export const nodeTokenPrefix = 'swn_';

export interface RegistryOptions extends ConnectedNodesOptions {
  database: Database;
  inbox: InboxLog;
  limits: DispatchLimits;
  /** Milliseconds between two heartbeats of an agent. */
  heartbeatMs: number;
  /** Milliseconds that the dispatches of a disconnected node wait for it to come back. */
  graceMs: number;
  changes: Pick<NodeChanges, 'announce'>;
  log: Logger;
  /** Undefined for a gateway that has its database alone. */
  homes?: Homes | undefined;
  /** Called when a node has connected to another gateway; without an id when all nodes must. */
  onMoved?(agentNodeId?: number): void;
}

/** Milliseconds between two checks whether another process, such as `switchyard node`, has changed connected nodes. */
const recheckMs = 2_000;
/** Milliseconds between two announcements of the same node to the followers of its sessions. */
const announceEveryMs = 250;

/** The nodes that this process knows: which are connected, and what they run. `Nodes` manages the nodes in the database. */
export class Registry implements AsyncDisposable {
  readonly #options: RegistryOptions;
  readonly #nodes = new Map<number, LiveNode>();
  readonly #connected: ConnectedNodes;
  /** Identifies this process to agents: a cursor that another process gave out is not valid here. */
  readonly #epoch = randomUUID();
  readonly #startedAt = Date.now();
  readonly #changes: ChangeThrottle<NodeConnectivity>;
  readonly #lastSeen: LastSeen;
  readonly #recheck: NodeJS.Timeout;
  #checking: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#connected = new ConnectedNodes(options);
    const { database, log } = options;
    const onError = (err: unknown) =>
      log.error({ err }, 'a change of a node could not be stored or announced');
    this.#changes = new ChangeThrottle({
      tell: (id) => this.#announce(id),
      everyMs: announceEveryMs,
      onError,
    });
    this.#lastSeen = new LastSeen({ database, onError });
    this.#recheck = setInterval(() => {
      this.#checking ??= Promise.all([this.#disconnectChanged(), this.#giveUpMoved()])
        .then(() => undefined)
        .catch((err: unknown) => log.warn({ err }, 'the check for changed nodes failed'))
        .finally(() => {
          this.#checking = undefined;
        });
    }, recheckMs).unref();
  }

  /** Finds the node that a token belongs to; null if the token is not valid. */
  async authenticate(token: string): Promise<NodeIdentity | null> {
    const tokenHash = hashToken(token);
    // A connected agent reports often: this saves a database query for each report.
    const connected = this.#connected.find(tokenHash);
    if (connected) return connected;
    const node = await this.#options.database.agentNode.findUnique({ where: { tokenHash } });
    return node && { ...node, tokenHash };
  }

  /** Finds a node that has connected, or was used, since the gateway started. */
  find(agentNodeId: number): LiveNode | undefined {
    return this.#nodes.get(agentNodeId);
  }

  /** The number of nodes whose agent is connected to this gateway. */
  get connectedNodes(): number {
    return this.#connected.size;
  }

  /** The nodes that have connected, or were used, since the gateway started. */
  list(): LiveNode[] {
    return [...this.#nodes.values()];
  }

  /** The state of a node as this process knows it. Undefined if another gateway may know more: see `presencesOf`. */
  presenceHere(agentNodeId: number): Presence | undefined {
    const { homes } = this.#options;
    if (homes && !homes.isHere(agentNodeId)) return undefined;
    return this.#nodes.get(agentNodeId)?.presence ?? absent;
  }

  /** The states of nodes in the same order, wherever they are connected. */
  async presencesOf(agentNodeIds: readonly number[]): Promise<Presence[]> {
    const found = await this.#options.homes?.find(agentNodeIds);
    return agentNodeIds.map((id, index) => this.presenceHere(id) ?? found?.[index]?.presence ?? absent);
  }

  /** Like `find`, for any node of the database. */
  findOrCreate(node: Pick<AgentNode, 'id' | 'nodeId' | 'lastSeenAt'>): LiveNode {
    const known = this.#nodes.get(node.id);
    if (known) return known;
    const live = this.#create(node);
    // After a restart of the gateway, agents need a moment to connect again.
    const graceMs = this.#startedAt + this.#options.graceMs - Date.now();
    if (node.lastSeenAt && graceMs > 0) live.startGrace(graceMs);
    return live;
  }

  /**
   * Opens the inbox of a node. It replaces an inbox that is open already.
   *
   * @param signal Aborts when the agent has left.
   * @throws GatewayError UNAUTHENTICATED if the token was replaced just now; OVERLOADED if too many nodes are
   *   connected, RATE_LIMITED if too many of this user are.
   */
  async open(
    identity: NodeIdentity,
    request: InboxRequest,
    signal: AbortSignal,
  ): Promise<AsyncGenerator<NodeCommand>> {
    const { id, nodeId, userId, tokenHash } = identity;
    if (!identity.isActive) return closedInbox('NODE_DISABLED');
    const { database, inbox, heartbeatMs, log, homes } = this.#options;
    const { capabilities, maxDispatches, instanceId, running, syncsWorkspaces } = request;
    const { count } = await database.agentNode.updateMany({
      where: { id, tokenHash, isActive: true },
      data: {
        ...{ capabilities, maxDispatches, lastSeenAt: new Date() },
        syncsWorkspaces: syncsWorkspaces === true,
      },
    });
    if (count === 0) throw new GatewayError('UNAUTHENTICATED', 'The token was replaced just now.');
    await noteAgent(database, id, { syncsWorkspaces: syncsWorkspaces === true, instanceId });
    const openedSeq = (await inbox.log.lastSeq(inboxKey(id))) ?? 0;
    const waitedFor = await this.#findWaitedFor(id, running);
    await this.#connected.lookUp(userId);
    const [homeBefore] = (await homes?.find([id])) ?? [];
    // An agent that has already left must not close the inbox of an agent that is still there.
    signal.throwIfAborted();
    if (this.#isClosed) return closedInbox('SHUTTING_DOWN');
    this.#connected.checkLimits(identity, homes?.isElsewhere(homeBefore) ?? false);
    const after = this.#cursorOf(request, openedSeq);
    const connection = new Connection({
      instanceId,
      checksCalls: request.checksCalls ?? false,
      after,
      openedSeq,
    });
    const node = this.#nodes.get(id) ?? this.#create(identity);
    homes?.enter(id, randomUUID());
    node.open(connection, maxDispatches, running);
    this.#connected.enter(identity, connection.closed);
    signal.addEventListener('abort', () => node.leave(connection), { once: true });
    const { agentVersion, platform } = request;
    log.info({ nodeId, userId, agentVersion, platform, maxDispatches }, 'a node has connected');
    await homes?.settle(node, homeBefore);
    const unknownDispatchIds = node.dispatches.findUnknown(running).filter((each) => !waitedFor.has(each));
    return followInbox({
      ...inbox,
      connection,
      opened: { type: 'InboxOpened', agentNodeId: id, epoch: this.#epoch, heartbeatMs, unknownDispatchIds },
      toCommand: (entry) => node.toCommand(entry, connection),
    });
  }

  /** Takes a heartbeat. Returns the ids of the dispatches that the agent should not be running. */
  async beat(
    identity: Pick<NodeIdentity, 'id' | 'nodeId'>,
    stats: NodeStats,
    running: readonly string[],
  ): Promise<string[]> {
    const node = this.#nodes.get(identity.id) ?? this.#create(identity);
    const unknown = node.beat(stats, running);
    const waitedFor = await this.#findWaitedFor(identity.id, unknown);
    return unknown.filter((each) => !waitedFor.has(each));
  }

  /** Closes the inbox of a node. Its dispatches fail. */
  disconnect(agentNodeId: number, reason: InboxClosedReason): void {
    this.#nodes.get(agentNodeId)?.close(reason);
    if (reason === 'NODE_DELETED') this.#nodes.delete(agentNodeId);
  }

  /** Lets go of a node that has connected to another gateway, without an outcome for its dispatches. */
  moveAway(agentNodeId: number): void {
    this.#nodes.get(agentNodeId)?.moveAway();
    this.#nodes.delete(agentNodeId);
    this.#options.onMoved?.(agentNodeId);
  }

  /** Tells all agents that the gateway is shutting down. */
  close(): void {
    this.#isClosed = true;
    this.#options.homes?.leave();
    this.#options.onMoved?.();
    for (const node of this.#nodes.values()) node.close('SHUTTING_DOWN');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#recheck);
    await this.#checking;
    this.close();
    for (const node of this.#nodes.values()) node[Symbol.dispose]();
    await this.#changes[Symbol.asyncDispose]();
    await this.#lastSeen[Symbol.asyncDispose]();
  }

  /** Disconnects agents whose node was deleted, switched off or given a new token by another process. */
  async #disconnectChanged(): Promise<void> {
    for (const { identity, reason } of await findChanged(this.#options.database, this.#connected.list())) {
      // The agent may have connected with a new token meanwhile.
      if (this.#connected.find(identity.tokenHash) === identity) this.disconnect(identity.id, reason);
    }
  }

  /** The dispatches among these that this process does not know, and for which a run waits, by what is stored. */
  async #findWaitedFor(id: number, dispatchIds: readonly string[]): Promise<ReadonlySet<string>> {
    const foreign = dispatchIds.filter((each) => !this.#nodes.get(id)?.dispatches.knows(each));
    return foreign.length === 0 ? new Set() : await findWaitedFor(this.#options.database, id, foreign);
  }

  async #giveUpMoved(): Promise<void> {
    const moved = (await this.#options.homes?.check((id) => this.#nodes.get(id))) ?? [];
    for (const id of moved) this.moveAway(id);
  }

  #create(node: { id: number; nodeId: string }): LiveNode {
    const { log, homes } = this.#options;
    const live: LiveNode = new LiveNode(node, {
      ...this.#options,
      onChange: (changed) => {
        this.#changes.changed(changed.id, changed.presence.connection, 'OFFLINE');
        void homes?.publish(changed);
      },
      onSeen: (...seen) => {
        this.#lastSeen.note(...seen);
        void homes?.publish(live);
      },
      onError: (err) =>
        log.error(
          { err, nodeId: node.nodeId, agentNodeId: node.id },
          'a command could not be sent to a node, or its output could not be passed on',
        ),
    });
    this.#nodes.set(node.id, live);
    return live;
  }

  async #announce(id: number): Promise<void> {
    const node = this.#nodes.get(id);
    if (node) await this.#options.changes.announce(node);
  }

  /** Returns where the inbox continues. A cursor that this process did not give out means: from the beginning. */
  #cursorOf({ after, epoch }: InboxRequest, lastSeq: number): number {
    return epoch === this.#epoch && after != null && after >= 0 && after <= lastSeq ? after : 0;
  }
}

/** The state of a node that is not connected. */
const absent: Presence = { connection: 'OFFLINE', lastSeenAt: null, stats: null, runningDispatches: 0 };
