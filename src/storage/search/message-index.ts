import { plainStatement } from '../statements/row-decoder.ts';
import type { Writer } from '../statements/statement.ts';
import { type TextOwner, termsOf } from './terms.ts';

// The table "MessageText" has the terms of each message. In SQLite it is an FTS5 table without the texts, and in PostgreSQL a
// table with a GIN index. The table "MessageToIndex" has the messages that are not in the index yet: a trigger notes each new
// message in the transaction that writes it, and a search compares the noted ones one by one. Another trigger deletes both
// rows of a message that is deleted.

/** Parameters: the id of the message, its terms as `termList`. SQLite takes the punctuation for spaces. */
export const insertText = plainStatement<never>('INSERT INTO "MessageText" ("rowid", "terms") VALUES (?, ?)');

/** Adds a message to the index. A message must be added once only. */
export async function indexMessage(
  tx: Writer,
  { id, text, ...owner }: TextOwner & { id: number; text: string },
): Promise<void> {
  if (text !== '') await tx.run(insertText, [id, termList(termsOf(text, owner))]);
}

/** An array as PostgreSQL writes it. */
export function termList(terms: Iterable<number>): string {
  return `{${[...terms].join(',')}}`;
}

/** What is asked of FTS5: rows that have all terms. */
export function termQuery(terms: Iterable<number>): string {
  return Array.from(terms, (term) => `"${term}"`).join(' ');
}

/** Ids of rows. */
interface Found {
  id: number;
}

/** Those with terms between two ids, newest first, in SQLite. Parameters: a `termQuery`, after, before, how many. */
export const textsBetween = plainStatement<Found>(
  `SELECT "rowid" AS "id" FROM "MessageText" WHERE "MessageText" MATCH ? AND "rowid" > ? AND "rowid" < ?
    ORDER BY "rowid" DESC LIMIT ?`,
);

/** Any with these terms, in PostgreSQL. Parameters: a `termList`, how many. */
export const someTexts = plainStatement<Found>(
  'SELECT "rowid" AS "id" FROM "MessageText" WHERE "terms" @> CAST(? AS INTEGER[]) LIMIT ?',
);

/** As `textsBetween`, in PostgreSQL. It reads all messages in between. Parameters: after, before, a `termList`, how many. */
export const nearTexts = plainStatement<Found>(
  `SELECT "rowid" AS "id" FROM (
      SELECT "rowid", "terms" FROM "MessageText" WHERE "rowid" > ? AND "rowid" < ? ORDER BY "rowid" DESC OFFSET 0
    ) AS "near" WHERE "terms" @> CAST(? AS INTEGER[]) ORDER BY "rowid" DESC LIMIT ?`,
);

/** The newest message. */
export const newestMessageId = plainStatement<{ id: number | null }>(
  'SELECT MAX("id") AS "id" FROM "Message"',
);
