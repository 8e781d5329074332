import { tryAgain } from '../../errors.ts';
import type { AgentNode } from '../../generated/prisma/client.ts';
import type { UserCount } from '../../limits/user-count.ts';

/** The node whose token a request carries. */
export type NodeIdentity = Pick<AgentNode, 'id' | 'nodeId' | 'userId' | 'isActive'> & {
  readonly tokenHash: string;
};

export interface ConnectedNodesOptions {
  /** How many nodes may be connected at once. */
  maxConnections: number;
  /** How many nodes of one user may be connected at once, on all gateways; 0: no limit. */
  maxConnectionsPerUser: number;
  /** Counts the connected nodes of users. */
  connectionsOfUsers: UserCount;
}

/** Seconds after which a refused agent is told to try again. */
const retryAfter = 30;

/** The nodes whose inbox is open, and the limits on how many may be. */
export class ConnectedNodes {
  readonly #options: ConnectedNodesOptions;
  readonly #byTokenHash = new Map<string, NodeIdentity>();

  constructor(options: ConnectedNodesOptions) {
    this.#options = options;
  }

  /** The nodes whose inbox is open now. */
  list(): NodeIdentity[] {
    return [...this.#byTokenHash.values()];
  }

  get size(): number {
    return this.#byTokenHash.size;
  }

  find(tokenHash: string): NodeIdentity | undefined {
    return this.#byTokenHash.get(tokenHash);
  }

  /** Finds out how many nodes of a user are connected to other gateways. Call it before `checkLimits`. */
  async lookUp(userId: string): Promise<void> {
    const { maxConnectionsPerUser, connectionsOfUsers } = this.#options;
    if (maxConnectionsPerUser > 0) await connectionsOfUsers.lookUp(userId);
  }

  /**
   * Checks that one more node may connect. A node that takes over its own inbox is not one more.
   *
   * @param isElsewhere Whether the node is connected to another gateway, and counted there.
   * @throws GatewayError OVERLOADED if the gateway's limit is reached, RATE_LIMITED if the user's is.
   */
  checkLimits({ tokenHash, userId }: NodeIdentity, isElsewhere: boolean): void {
    const { maxConnections, maxConnectionsPerUser, connectionsOfUsers } = this.#options;
    if (this.#byTokenHash.has(tokenHash)) return;
    if (this.#byTokenHash.size >= maxConnections) {
      const message = 'The gateway has reached its limit of connected nodes; try again later.';
      throw tryAgain('OVERLOADED', message, { limit: 'MAX_NODE_CONNECTIONS', retryAfter });
    }
    const others = connectionsOfUsers.of(userId) - (isElsewhere ? 1 : 0);
    if (maxConnectionsPerUser > 0 && others >= maxConnectionsPerUser) {
      const message = `This user has ${maxConnectionsPerUser} nodes connected already; stop the agent of one first.`;
      throw tryAgain('RATE_LIMITED', message, { limit: 'MAX_NODE_CONNECTIONS_PER_USER', retryAfter });
    }
  }

  /** @param closed Aborts when the node's inbox is closed. */
  enter(identity: NodeIdentity, closed: AbortSignal): void {
    const { tokenHash } = identity;
    const counted = this.#options.connectionsOfUsers.enter(identity.userId);
    this.#byTokenHash.set(tokenHash, identity);
    const leave = () => {
      this.#byTokenHash.delete(tokenHash);
      counted[Symbol.dispose]();
    };
    closed.addEventListener('abort', leave, { once: true });
  }
}
