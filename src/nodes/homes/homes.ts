import type { Bus } from '../../bus/bus.ts';
import type { GatewayCalls } from '../../bus/gateway-calls.ts';
import type { SharedValues } from '../../bus/shared-values.ts';
import { type LiveNode, missedHeartbeats } from '../presence/live-node.ts';
import { decodeHome, encodeHome, type Home } from './home.ts';
import { callNames } from './node-calls.ts';

export interface HomesOptions {
  calls: GatewayCalls;
  values: SharedValues;
  /** Rings when a node has got a home or lost it. */
  bus: Bus;
  /** Milliseconds between two heartbeats of an agent. */
  heartbeatMs: number;
  /** Milliseconds that a disconnected node may take to come back. */
  graceMs: number;
}

/** How much longer than a node may be silent its home is known, in milliseconds. */
const slackMs = 1_000;

/** The topic of the rings for a node that has got a home or lost it. */
export function homeTopic(agentNodeId: number): string {
  return `home:${agentNodeId}`;
}

/** Where nodes are connected, over all gateways: each gateway tells it of its own nodes. */
export class Homes {
  readonly #options: HomesOptions;
  /** What was last told of each node that has its home here. */
  readonly #own = new Map<number, { connectionId: string; text: string }>();

  constructor(options: HomesOptions) {
    this.#options = options;
  }

  get gatewayId(): string {
    return this.#options.calls.gatewayId;
  }

  /** Whether this gateway is the home of a node. */
  isHere(agentNodeId: number): boolean {
    return this.#own.has(agentNodeId);
  }

  /** Whether a node is connected to another gateway. */
  isElsewhere(home: Home | undefined): boolean {
    return home?.gatewayId != null && home.gatewayId !== this.gatewayId && isConnected(home);
  }

  /** Whether other gateways cannot be reached now, and it cannot be known where nodes are. */
  get isBlind(): boolean {
    return this.#options.values.isAway;
  }

  /** Where these nodes are connected, in the same order; undefined for each that no gateway knows. Never rejects. */
  async find(agentNodeIds: readonly number[]): Promise<(Home | undefined)[]> {
    const texts = await this.#options.values.get(agentNodeIds.map(keyOf));
    return texts.map((text) => (text === undefined ? undefined : decodeHome(text)));
  }

  /** Makes this gateway the home of a node whose agent connects. Call `settle` when it has. */
  enter(agentNodeId: number, connectionId: string): void {
    this.#own.set(agentNodeId, { connectionId, text: '' });
  }

  /** Tells the gateways that wait for the node that it is here, and the home that it had before that it is not there. */
  async settle(node: LiveNode, before: Home | undefined): Promise<void> {
    await this.publish(node);
    const { bus, calls } = this.#options;
    bus.ring(homeTopic(node.id));
    if (before?.gatewayId == null || before.gatewayId === calls.gatewayId) return;
    const { connectionId } = before;
    calls.tell(before.gatewayId, callNames.moved, { agentNodeId: node.id, connectionId });
  }

  /** Tells what has changed of a node, if this gateway is its home, and that the home is known for longer. */
  async publish(node: LiveNode): Promise<void> {
    const own = this.#own.get(node.id);
    if (own === undefined) return;
    const { values, bus, heartbeatMs, graceMs } = this.#options;
    const { isReachable, presence, dispatches } = node;
    if (!isReachable) {
      this.#own.delete(node.id);
      await values.delete(keyOf(node.id), own.text);
      bus.ring(homeTopic(node.id));
      return;
    }
    const { connectionId } = own;
    const { instanceId } = dispatches;
    own.text = encodeHome({ gatewayId: this.gatewayId, connectionId, instanceId, isReachable, presence });
    const isOffline = presence.connection === 'OFFLINE';
    const ttlMs = (isOffline ? graceMs : heartbeatMs * missedHeartbeats) + slackMs;
    await values.set(keyOf(node.id), own.text, ttlMs);
  }

  /** Gives up a node because it has connected elsewhere. Returns whether this gateway was the home of that connection. */
  giveUp(agentNodeId: number, connectionId: string): boolean {
    if (this.#own.get(agentNodeId)?.connectionId !== connectionId) return false;
    return this.#own.delete(agentNodeId);
  }

  /** Gives up all nodes because this gateway stops. The others know that the agents will connect to them. */
  leave(): void {
    const { values, bus, graceMs } = this.#options;
    for (const [id, { text }] of this.#own) {
      if (text === '') continue;
      const home = decodeHome(text);
      const presence = {
        ...home.presence,
        connection: 'OFFLINE' as const,
        stats: null,
        runningDispatches: 0,
      };
      const left = encodeHome({ ...home, presence, gatewayId: null });
      void values.set(keyOf(id), left, graceMs + slackMs).then(() => bus.ring(homeTopic(id)));
    }
    this.#own.clear();
  }

  /**
   * Compares what all gateways see with what this one has: values may be lost or overwritten. Tells again what is not
   * there.
   *
   * @returns The nodes that have connected to another gateway since.
   */
  async check(find: (agentNodeId: number) => LiveNode | undefined): Promise<number[]> {
    const own = [...this.#own];
    const homes = await this.find(own.map(([id]) => id));
    const moved: number[] = [];
    for (const [index, [id, { connectionId }]] of own.entries()) {
      const home = homes[index];
      if (home?.gatewayId === this.gatewayId) continue;
      if (home !== undefined && isConnected(home)) {
        if (this.giveUp(id, connectionId)) moved.push(id);
        continue;
      }
      const node = find(id);
      if (node) await this.publish(node);
    }
    return moved;
  }
}

function isConnected({ presence }: Home): boolean {
  return presence.connection !== 'OFFLINE';
}

function keyOf(agentNodeId: number): string {
  return `home:${agentNodeId}`;
}
