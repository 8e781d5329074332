import type { Logger } from 'pino';
import type { Actor } from '../../changes/audit.ts';
import type { Session } from '../../generated/prisma/client.ts';
import { HolderCount } from '../../limits/holder-count.ts';
import { findSession } from '../../storage/find-session.ts';
import type { SessionOwner } from '../../storage/statements/sessions.ts';
import { selectBranch } from '../branches/select-branch.ts';
import { clearHistory } from '../removal/clear-history.ts';
import { deleteMessage } from '../removal/delete-message.ts';
import { type DeleteSessionsOptions, deleteSession, deleteSessions } from '../removal/delete-sessions.ts';
import { startRetention, sweepUnstored } from '../removal/retention.ts';
import { type CreateSessionOptions, createSession, type NewSession } from './create-session.ts';
import { forkSession } from './fork-session.ts';
import type { SessionChanges } from './store-session.ts';
import { type UpdateSessionOptions, updateSession } from './update-session.ts';

export interface SessionsOptions extends CreateSessionOptions, UpdateSessionOptions {
  removal: DeleteSessionsOptions;
}

/**
 * Creates, changes and deletes sessions. The engine runs their prompts. What an `actor` archives and deletes is in the audit
 * log; without one, the gateway itself does it.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #copying = new HolderCount<string>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /**
   * @throws GatewayError BAD_USER_INPUT for an unknown provider or model, a setting that the model does not take, or too many
   *   nodes; QUOTA_EXCEEDED.
   */
  create(input: NewSession): Promise<Session> {
    return createSession(input, this.#options);
  }

  /** @throws GatewayError NOT_FOUND, BAD_USER_INPUT, QUOTA_EXCEEDED. */
  update(id: number, input: SessionChanges, actor?: Actor): Promise<Session> {
    return updateSession(id, input, this.#options, actor);
  }

  /**
   * Deletes a session with its messages, runs and recordings. Live and queued runs are cancelled first.
   *
   * @throws GatewayError NOT_FOUND, RUN_IN_PROGRESS.
   */
  async delete(id: number, actor?: Actor): Promise<void> {
    await findSession(this.#options.statements, id);
    await deleteSession(id, this.#options.removal, actor);
  }

  /**
   * Deletes the sessions of an owner, as `delete` does.
   *
   * @param signal Aborts when the client leaves. Sessions that are not deleted yet then stay.
   * @returns The ids of the sessions that were deleted.
   */
  deleteAll(owner: SessionOwner, signal?: AbortSignal, actor?: Actor): Promise<number[]> {
    return deleteSessions(owner, signal, this.#options.removal, actor);
  }

  /**
   * Deletes sessions without activity for so many days, again and again, until the result is disposed.
   *
   * @param days 0: sessions are kept, and nothing is returned.
   */
  startRetention(days: number, log: Logger): AsyncDisposable | undefined {
    return startRetention(days, { ...this.#options.removal, log });
  }

  /** Deletes sessions that are not to be stored and that their client has left, until the result is disposed. */
  sweepUnstored(log: Logger): AsyncDisposable {
    return sweepUnstored({ ...this.#options.removal, log });
  }

  /** @throws GatewayError NOT_FOUND. */
  selectBranch(messageId: number): Promise<Session> {
    return selectBranch(messageId, this.#options);
  }

  /**
   * Deletes a message with all that follow it, on every branch.
   *
   * @throws GatewayError NOT_FOUND, RUN_IN_PROGRESS.
   */
  deleteMessage(messageId: number, actor?: Actor): Promise<Session> {
    return deleteMessage(messageId, this.#options.removal, actor);
  }

  /**
   * Copies a branch up to a message into a new session of the same user.
   *
   * @param title Undefined: the title of the session.
   * @throws GatewayError NOT_FOUND, RUN_IN_PROGRESS, QUOTA_EXCEEDED, OVERLOADED.
   */
  fork(messageId: number, title: string | null | undefined): Promise<Session> {
    return forkSession(
      { messageId, title },
      { ...this.#options, ...this.#options.removal, copying: this.#copying },
    );
  }

  /**
   * Deletes a session's messages. Its settings, its runs and its token usage stay.
   *
   * @throws GatewayError NOT_FOUND, RUN_IN_PROGRESS.
   */
  clearHistory(id: number, actor?: Actor): Promise<Session> {
    return clearHistory(id, this.#options.removal, actor);
  }
}
