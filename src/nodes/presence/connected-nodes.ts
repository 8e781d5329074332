import { tryAgain } from '../../errors.ts';
import type { AgentNode } from '../../generated/prisma/client.ts';
import { UserCount } from '../../limits/user-count.ts';

/** The node whose token came with a request. */
export type NodeIdentity = Pick<AgentNode, 'id' | 'nodeId' | 'userId' | 'isActive'> & {
  readonly tokenHash: string;
};

export interface ConnectedNodesOptions {
  /** Most nodes that are connected at once. */
  maxConnections: number;
  /** The same of one user; 0: no limit. */
  maxConnectionsPerUser: number;
}

/** What an agent is told for which there is no room, in seconds. */
const retryAfter = 30;

/** The nodes whose inbox is open, and the room for more. */
export class ConnectedNodes {
  readonly #options: ConnectedNodesOptions;
  readonly #byTokenHash = new Map<string, NodeIdentity>();
  readonly #users = new UserCount();

  constructor(options: ConnectedNodesOptions) {
    this.#options = options;
  }

  find(tokenHash: string): NodeIdentity | undefined {
    return this.#byTokenHash.get(tokenHash);
  }

  /**
   * One that takes over its own inbox needs no more room.
   *
   * @throws GatewayError OVERLOADED, RATE_LIMITED where there is none.
   */
  checkRoom({ tokenHash, userId }: NodeIdentity): void {
    const { maxConnections, maxConnectionsPerUser } = this.#options;
    if (this.#byTokenHash.has(tokenHash)) return;
    if (this.#byTokenHash.size >= maxConnections) {
      const message = 'The gateway has as many nodes connected as it takes; try again later.';
      throw tryAgain('OVERLOADED', message, { limit: 'MAX_NODE_CONNECTIONS', retryAfter });
    }
    if (maxConnectionsPerUser > 0 && this.#users.of(userId) >= maxConnectionsPerUser) {
      const message = `This user has ${maxConnectionsPerUser} nodes connected already; stop the agent of one first.`;
      throw tryAgain('RATE_LIMITED', message, { limit: 'MAX_NODE_CONNECTIONS_PER_USER', retryAfter });
    }
  }

  /** @param closed Aborts when its inbox is closed. */
  enter(identity: NodeIdentity, closed: AbortSignal): void {
    const { tokenHash } = identity;
    const place = this.#users.enter(identity.userId);
    this.#byTokenHash.set(tokenHash, identity);
    const leave = () => {
      this.#byTokenHash.delete(tokenHash);
      place[Symbol.dispose]();
    };
    closed.addEventListener('abort', leave, { once: true });
  }
}
