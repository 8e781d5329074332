import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { maxId } from '../../base/global-id.ts';
import { amongIds, idList } from '../statements/dialect.ts';
import { plainStatement } from '../statements/row-decoder.ts';
import type { Statements } from '../statements/statement.ts';
import { indexMessage } from './message-index.ts';
import { searchedLength } from './words.ts';

export interface BacklogOptions {
  statements: Statements;
  log: Logger;
}

/** Messages that one transaction adds to the index: a few milliseconds. */
const atOnce = 20;
/** How often the gateway looks for answers whose gateway has died, in milliseconds. */
const lookMs = 60_000;
/** Milliseconds between two transactions, in which everything else runs. */
const pauseMs = 5;

/** Ids that are noted, newest first. Parameters: before, how many. */
const notedMessages = plainStatement<{ id: number }>(
  'SELECT "messageId" AS "id" FROM "MessageToIndex" WHERE "messageId" < ? ORDER BY "messageId" DESC LIMIT ?',
);

/** Those of some messages that are to be added to the index. Parameters: how many characters to read, the ids. */
const textsToIndex = plainStatement<{ id: number; text: string; sessionId: number; userId: string }>(
  `SELECT "Message"."id", SUBSTR("content", 1, ?) AS "text", "sessionId", "userId"
   FROM "Message" JOIN "Session" ON "Session"."id" = "sessionId"
   WHERE "Message"."id" ${amongIds} AND NOT EXISTS (SELECT 1 FROM "MessageText" WHERE "rowid" = "Message"."id")`,
);

/** Parameter: the ids. */
const forgetNoted = plainStatement<never>(`DELETE FROM "MessageToIndex" WHERE "messageId" ${amongIds}`);

/** Those of some messages that are being written: they are added when they end. Parameter: the ids. */
const unfinished = plainStatement<{ id: number }>(
  `SELECT "id" FROM "Message" WHERE "id" ${amongIds} AND "status" = 'STREAMING'`,
);

/**
 * Adds messages to the index that the transactions which wrote them have not added: those from before there was an index, and
 * answers whose gateway has died. Newest first, in short transactions. The next start goes on with what is left.
 */
export class Backlog implements AsyncDisposable {
  readonly #options: BacklogOptions;
  #isClosing = false;
  #work: Promise<void> = Promise.resolve();

  #looks: NodeJS.Timeout | undefined;

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  /** Begins without being waited for. */
  start(): void {
    this.#looks ??= setInterval(() => this.start(), lookMs).unref();
    this.#work = this.#work
      .then(() => this.#indexAll())
      .catch((err: unknown) => this.#options.log.warn({ err }, 'messages could not be added to the search'));
  }

  /** Resolves when all that was noted at the last start has been added. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#looks);
    await this.#work;
  }

  async #indexAll(): Promise<void> {
    const { statements, log } = this.#options;
    let before = maxId;
    let count = 0;
    while (!this.#isClosing) {
      const noted = await statements.all(notedMessages, [before, atOnce]);
      const last = noted.at(-1);
      if (last === undefined) break;
      before = last.id;
      const left = new Set((await statements.all(unfinished, [listOf(noted)])).map(({ id }) => id));
      const ready = listOf(noted.filter(({ id }) => !left.has(id)));
      await statements.transaction(async (tx) => {
        for (const row of await tx.all(textsToIndex, [searchedLength, ready])) await indexMessage(tx, row);
        await tx.run(forgetNoted, [ready]);
      });
      count += noted.length;
      await sleep(pauseMs);
    }
    if (count > 1_000) log.info({ count }, 'earlier messages were added to the search');
  }
}

function listOf(rows: readonly { id: number }[]): string {
  return idList(rows.map(({ id }) => id));
}
