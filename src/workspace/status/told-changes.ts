import type { Logger } from 'pino';
import type { NewChange } from '../../changes/change.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { Statements } from '../../storage/statements/statement.ts';

export interface ToldChangesOptions {
  statements: Statements;
  changes: ChangeLog;
  /** Milliseconds between two changes of the same kind of the same thing. */
  everyMs: number;
  log: Logger;
}

interface Pause {
  timer: NodeJS.Timeout;
  /** What was not told yet. */
  later: NewChange | undefined;
}

/**
 * Keeps changes from being told too often, because a sync makes many: the first at once, in the transaction that makes
 * it, and then at most one in `everyMs`. Followers read what is current when they are told. Disposing tells the rest.
 */
export class ToldChanges implements AsyncDisposable {
  readonly #options: ToldChangesOptions;
  readonly #pauses = new Map<string, Pause>();
  readonly #telling = new Set<Promise<void>>();

  constructor(options: ToldChangesOptions) {
    this.#options = options;
  }

  /** Returns those of the changes that are to be written now. The others are written later. */
  now(changes: readonly NewChange[]): NewChange[] {
    return changes.filter((change) => {
      const key = keyOf(change);
      const pause = this.#pauses.get(key);
      if (pause) pause.later = change;
      else this.#pause(key);
      return pause === undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { timer, later } of this.#pauses.values()) {
      clearTimeout(timer);
      if (later) this.#tell(later);
    }
    this.#pauses.clear();
    await Promise.all(this.#telling);
  }

  #pause(key: string): void {
    const timer = setTimeout(() => this.#endPause(key), this.#options.everyMs).unref();
    this.#pauses.set(key, { timer, later: undefined });
  }

  #endPause(key: string): void {
    const later = this.#pauses.get(key)?.later;
    this.#pauses.delete(key);
    if (later === undefined) return;
    this.#pause(key);
    this.#tell(later);
  }

  #tell(change: NewChange): void {
    const { statements, changes, log } = this.#options;
    const telling = statements
      .transaction((tx) => changes.write(tx, [change]))
      .then((told) => changes.ring(told))
      .catch((err: unknown) => log.error({ err }, 'a change of a workspace could not be told'))
      .finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
  }
}

function keyOf(change: NewChange): string {
  const node = change.kind === 'SessionNodeChanged' ? change.agentNodeId : '';
  return `${change.kind} ${change.sessionId} ${node}`;
}
