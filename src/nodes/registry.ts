import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { hashToken } from '../base/secret-token.ts';
import { GatewayError } from '../errors.ts';
import type { AgentNode } from '../generated/prisma/client.ts';
import type { Database } from '../storage/database.ts';
import { type AnnounceNode, attachedSessions } from './attached-sessions.ts';
import { ChangeNews } from './change-news.ts';
import { Connection } from './dispatch/connection.ts';
import { closedInbox, followInbox, type InboxLog, inboxKey } from './dispatch/inbox.ts';
import type { InboxClosedReason, NodeCommand } from './dispatch/node-command.ts';
import type { DispatchLimits } from './dispatch/node-dispatches.ts';
import { ConnectedNodes, type ConnectedNodesOptions, type NodeIdentity } from './presence/connected-nodes.ts';
import { LastSeen } from './presence/last-seen.ts';
import { LiveNode } from './presence/live-node.ts';
import type { NodeConnection, NodeStats, Presence } from './presence/presence.ts';

export interface RegistryOptions extends ConnectedNodesOptions {
  database: Database;
  inbox: InboxLog;
  limits: DispatchLimits;
  /** How often agents are to send a heartbeat. */
  heartbeatMs: number;
  /** How long the dispatches of a node that vanished wait for it. */
  graceMs: number;
  announce: AnnounceNode;
  log: Logger;
}

/** What an agent says of itself when it opens its inbox. */
export interface InboxRequest {
  capabilities: string[];
  maxDispatches: number;
  agentVersion?: string | null | undefined;
  platform?: string | null | undefined;
  instanceId: string;
  /** The dispatches that it has in work, or has finished and not yet reported. */
  running: string[];
  /** The seq of the newest command it has seen, in the epoch that it saw it in. */
  after?: number | null | undefined;
  epoch?: string | null | undefined;
}

/** Between two changes of a node that those who watch its sessions are told. */
const newsEveryMs = 250;

/** The nodes as this process knows them: who is connected, and what they are to run. */
export class Registry implements AsyncDisposable {
  readonly #options: RegistryOptions;
  readonly #nodes = new Map<number, LiveNode>();
  readonly #connected: ConnectedNodes;
  /** Cursors of another process mean nothing here. */
  readonly #epoch = randomUUID();
  readonly #startedAt = Date.now();
  readonly #news: ChangeNews<NodeConnection>;
  readonly #lastSeen: LastSeen;
  #isClosed = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#connected = new ConnectedNodes(options);
    const { database, log } = options;
    const onError = (err: unknown) => log.error({ err }, 'a change of a node could not be kept or told');
    this.#news = new ChangeNews({ tell: (id) => this.#announce(id), everyMs: newsEveryMs, onError });
    this.#lastSeen = new LastSeen({ database, onError });
  }

  /** The node that a token belongs to; null where it is nobody's. */
  async authenticate(token: string): Promise<NodeIdentity | null> {
    const tokenHash = hashToken(token);
    // Saves a look into the database for all that an agent reports while it is connected.
    const connected = this.#connected.find(tokenHash);
    if (connected) return connected;
    const node = await this.#options.database.agentNode.findUnique({ where: { tokenHash } });
    return node && { ...node, tokenHash };
  }

  /** What this process knows of a node that has been connected or dispatched to. */
  find(agentNodeId: number): LiveNode | undefined {
    return this.#nodes.get(agentNodeId);
  }

  presenceOf(agentNodeId: number): Presence {
    return this.#nodes.get(agentNodeId)?.presence ?? absent;
  }

  /** What this process knows of any node. */
  findOrCreate(node: Pick<AgentNode, 'id' | 'nodeId' | 'lastSeenAt'>): LiveNode {
    const known = this.#nodes.get(node.id);
    if (known) return known;
    const live = this.#create(node);
    // The agents of a gateway that was started again need a moment to come back.
    const graceMs = this.#startedAt + this.#options.graceMs - Date.now();
    if (node.lastSeenAt && graceMs > 0) live.expectBack(graceMs);
    return live;
  }

  /**
   * Opens the inbox of a node, in place of one that is open.
   *
   * @param signal Aborts when the agent has left.
   * @throws GatewayError UNAUTHENTICATED where the token was replaced just now; OVERLOADED and RATE_LIMITED where as
   *   many nodes are connected, of all and of one user, as may be.
   */
  async open(
    identity: NodeIdentity,
    request: InboxRequest,
    signal: AbortSignal,
  ): Promise<AsyncGenerator<NodeCommand>> {
    const { id, nodeId, tokenHash } = identity;
    if (!identity.isActive) return closedInbox('NODE_DISABLED');
    const { database, inbox, heartbeatMs, log } = this.#options;
    const { capabilities, maxDispatches, instanceId, running } = request;
    const { count } = await database.agentNode.updateMany({
      where: { id, tokenHash, isActive: true },
      data: { capabilities, maxDispatches, lastSeenAt: new Date() },
    });
    if (count === 0) throw new GatewayError('UNAUTHENTICATED', 'The token was replaced just now.');
    const openedSeq = (await inbox.log.lastSeq(inboxKey(id))) ?? 0;
    // An agent that has left already must not take over from one that is there.
    signal.throwIfAborted();
    if (this.#isClosed) return closedInbox('SHUTTING_DOWN');
    this.#connected.checkRoom(identity);
    const after = this.#cursorOf(request, openedSeq);
    const connection = new Connection({ instanceId, after, openedSeq });
    const node = this.#nodes.get(id) ?? this.#create(identity);
    node.open(connection, maxDispatches);
    this.#connected.enter(identity, connection.closed);
    signal.addEventListener('abort', () => node.leave(connection), { once: true });
    const { agentVersion, platform } = request;
    log.info({ nodeId, agentVersion, platform, maxDispatches }, 'a node has connected');
    const unknownDispatchIds = node.dispatches.unknownOf(running);
    return followInbox({
      ...inbox,
      connection,
      opened: { type: 'InboxOpened', agentNodeId: id, epoch: this.#epoch, heartbeatMs, unknownDispatchIds },
      toCommand: (entry) => node.toCommand(entry, connection),
    });
  }

  /** Takes a heartbeat. Returns the ids of what the agent should not be running. */
  beat(identity: NodeIdentity, stats: NodeStats, running: readonly string[]): string[] {
    const node = this.#nodes.get(identity.id) ?? this.#create(identity);
    return node.beat(stats, running);
  }

  /** Closes the inbox of a node. What it was to run fails. */
  disconnect(agentNodeId: number, reason: InboxClosedReason): void {
    this.#nodes.get(agentNodeId)?.close(reason);
    if (reason === 'NODE_DELETED') this.#nodes.delete(agentNodeId);
  }

  /** Tells all agents that the gateway is shutting down. */
  close(): void {
    this.#isClosed = true;
    for (const node of this.#nodes.values()) node.close('SHUTTING_DOWN');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    for (const node of this.#nodes.values()) node[Symbol.dispose]();
    await this.#news[Symbol.asyncDispose]();
    await this.#lastSeen[Symbol.asyncDispose]();
  }

  #create(node: { id: number; nodeId: string }): LiveNode {
    const { log } = this.#options;
    const live: LiveNode = new LiveNode(node, {
      ...this.#options,
      onChange: ({ id, presence }) => this.#news.changed(id, presence.connection, 'OFFLINE'),
      onSeen: (...seen) => this.#lastSeen.note(...seen),
      onError: (err) =>
        log.error({ err, nodeId: node.nodeId }, 'a node could not be told, or its output not be shown'),
    });
    this.#nodes.set(node.id, live);
    return live;
  }

  async #announce(id: number): Promise<void> {
    const node = this.#nodes.get(id);
    if (node) await this.#options.announce(node, await attachedSessions(this.#options.database, id));
  }

  /** A cursor that this process has not given out means: from the beginning. */
  #cursorOf({ after, epoch }: InboxRequest, lastSeq: number): number {
    return epoch === this.#epoch && after != null && after >= 0 && after <= lastSeq ? after : 0;
  }
}

const absent: Presence = { connection: 'OFFLINE', lastSeenAt: null, stats: null, runningDispatches: 0 };
