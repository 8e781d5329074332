import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { maxId } from '../../base/global-id.ts';
import { amongIds, idList } from '../statements/dialect.ts';
import { plainStatement } from '../statements/row-decoder.ts';
import type { Dialect, Statements } from '../statements/statement.ts';
import { indexMessage } from './message-index.ts';
import { searchedLength } from './words.ts';

export interface BacklogOptions {
  statements: Statements;
  log: Logger;
  /** Messages that one transaction adds. Default: so few that others do not wait. */
  atOnce?: number;
}

/** How long messages are collected before they are added together, in milliseconds. */
const collectMs = 5_000;
/** Messages that one transaction adds to the index: some milliseconds, which SQLite takes on the event loop. */
const atOnceOf: Record<Dialect, number> = { sqlite: 5, postgresql: 50 };
/** Milliseconds between two transactions, in which everything else runs. */
const pauseMs = 5;

/** Messages that have ended and are not in the index, newest first. Parameters: before, how many. */
export const notedMessages = plainStatement<{ id: number }>(
  `SELECT "messageId" AS "id" FROM "MessageToIndex" WHERE "messageId" < ? AND NOT EXISTS (
      SELECT 1 FROM "Message" WHERE "id" = "messageId" AND "status" = 'STREAMING'
    ) ORDER BY "messageId" DESC LIMIT ?`,
);

/** Takes messages off the list, unless another gateway has done so, and returns them. Parameter: the ids. */
export const takeNoted = plainStatement<{ id: number }>(
  `DELETE FROM "MessageToIndex" WHERE "messageId" ${amongIds} RETURNING "messageId" AS "id"`,
);

/** Parameters: how many characters to read, the ids. */
export const textsToIndex = plainStatement<{ id: number; text: string; sessionId: number; userId: string }>(
  `SELECT "Message"."id", SUBSTR("content", 1, ?) AS "text", "sessionId", "userId"
   FROM "Message" JOIN "Session" ON "Session"."id" = "sessionId" WHERE "Message"."id" ${amongIds}`,
);

/**
 * Adds the messages to the index that triggers have noted: new ones some seconds later, and after an upgrade all earlier ones.
 * Newest first, in short transactions. When the gateway closes, the next one goes on.
 */
export class Backlog implements AsyncDisposable {
  readonly #options: BacklogOptions;
  #isClosing = false;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  /** Says that there are new messages. Costs almost nothing. */
  collect(): void {
    if (this.#isClosing) return;
    this.#timer ??= setTimeout(() => this.start(), collectMs).unref();
  }

  /** Begins to add all messages that are noted, without being waited for. */
  start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#work = this.#work
      .then(() => this.#indexAll())
      .catch((err: unknown) => {
        this.#options.log.warn({ err }, 'messages could not be added to the search index yet');
        this.collect();
      });
  }

  /** Resolves when all that was noted at the last start has been added. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    await this.#work;
  }

  async #indexAll(): Promise<void> {
    const { statements, log, atOnce = atOnceOf[this.#options.statements.dialect] } = this.#options;
    let before = maxId;
    let count = 0;
    while (!this.#isClosing) {
      const noted = await statements.all(notedMessages, [before, atOnce]);
      const last = noted.at(-1);
      if (last === undefined) break;
      before = last.id;
      await statements.transaction(async (tx) => {
        const taken = await tx.all(takeNoted, [listOf(noted)]);
        for (const row of await tx.all(textsToIndex, [searchedLength, listOf(taken)])) {
          await indexMessage(tx, row);
        }
      });
      count += noted.length;
      await sleep(pauseMs);
    }
    if (count > 1_000) log.info({ count }, 'earlier messages were added to the search index');
  }
}

function listOf(rows: readonly { id: number }[]): string {
  return idList(rows.map(({ id }) => id));
}
