import type { Database } from '../../storage/database.ts';

interface LastSeenOptions {
  database: Database;
  onError(error: unknown): void;
}

/** Milliseconds between two writes for a node that stays connected. */
const everyMs = 60_000;

/** Stores when nodes were last seen, without a write to the database for every heartbeat. */
export class LastSeen implements AsyncDisposable {
  readonly #options: LastSeenOptions;
  readonly #writtenAt = new Map<number, number>();
  readonly #writes = new Set<Promise<unknown>>();

  constructor(options: LastSeenOptions) {
    this.#options = options;
  }

  /** @param isGone Whether the node has disconnected: then the time is written at once. */
  note(agentNodeId: number, lastSeenAt: Date, isGone: boolean): void {
    const at = lastSeenAt.getTime();
    const writtenAt = this.#writtenAt.get(agentNodeId) ?? 0;
    if (at === writtenAt || (!isGone && at - writtenAt < everyMs)) return;
    this.#writtenAt.set(agentNodeId, at);
    const { database, onError } = this.#options;
    const write = database.agentNode
      .updateMany({ where: { id: agentNodeId }, data: { lastSeenAt } })
      .catch(onError)
      .finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#writes);
  }
}
