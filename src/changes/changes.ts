import type { Logger } from 'pino';
import type { Bus } from '../bus/bus.ts';
import type { Database } from '../storage/database.ts';
import { startOfRun } from '../storage/statements/changes.ts';
import type { Statements } from '../storage/statements/statement.ts';
import { ChangeCursors, type CursorHolder } from './change-cursors.ts';
import { ChangeLog } from './change-log.ts';
import { type ChangeScope, scopeOfSession } from './change-scope.ts';
import { ChangeTails } from './change-tails.ts';
import { type FollowedChange, followChanges } from './follow-changes.ts';
import { origin } from './newest-position.ts';
import { sweepChangesRegularly } from './sweep-changes.ts';

export interface ChangesOptions {
  database: Database;
  statements: Statements;
  bus: Bus;
  /** How often new changes are looked for without a ring, in milliseconds. */
  pollMs: number;
  /** How long changes are kept, in milliseconds. */
  keepMs: number;
  log: Logger;
}

/** The change log of the gateway: see README.md. Disposing ends the polls and the sweeps. */
export class Changes implements AsyncDisposable {
  readonly log: ChangeLog;
  readonly cursors: ChangeCursors;
  readonly #options: ChangesOptions;
  readonly #tails: ChangeTails;
  readonly #sweep: AsyncDisposable;

  constructor(options: ChangesOptions) {
    this.#options = options;
    const { database, statements, bus } = options;
    this.log = new ChangeLog({ dialect: statements.dialect, bus });
    this.cursors = new ChangeCursors(database);
    this.#tails = new ChangeTails({ ...options, reader: statements });
    this.#sweep = sweepChangesRegularly(options);
  }

  /**
   * Follows the changes of a scope, behind a cursor or from now on. Resolves when it has begun.
   *
   * @throws GatewayError BAD_USER_INPUT if the cursor is not one of this holder.
   */
  async follow(
    scope: ChangeScope,
    after: string | null | undefined,
    holder: CursorHolder,
    signal: AbortSignal,
  ): Promise<AsyncGenerator<FollowedChange>> {
    const known = after == null ? undefined : await this.cursors.read(after, holder);
    const { statements: reader, keepMs } = this.#options;
    return followChanges({ reader, tails: this.#tails, scope, after: known, keepMs, signal });
  }

  /** The cursor of the change that tells that a run has started. If it has been deleted, followers of it get a gap. */
  async cursorOfRunStart(sessionId: number, runId: number, userId: string): Promise<string> {
    const position = await this.#options.statements.get(startOfRun, [sessionId, sessionId, runId]);
    const { topic: stream } = scopeOfSession(sessionId);
    return this.cursors.write(position ?? origin, { userId, stream });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sweep[Symbol.asyncDispose]();
    await this.#tails[Symbol.asyncDispose]();
  }
}
