import { Prisma } from '../generated/prisma/client.ts';
import type { Dialect } from './statements/statement.ts';

/** Ids between `after` and `before`, both exclusive. */
interface Range {
  after: number;
  before: number;
}

/** Enough pieces to leave few candidates. Each one costs time, more so when many titles have it. */
const mostPieces = 12;

/**
 * A statement that finds the ids of sessions which may have a text in their title, through the index of titles
 * (migration 0014). It finds every session of the range with the text, unless `most` ends it. It also finds others,
 * some of them more than once: of other users, with the text's pieces in another order, or, for a short text, out of
 * the range. So compare the titles afterwards.
 *
 * SQLite has an FTS5 table for it, and PostgreSQL an index of the extension `pg_trgm`.
 *
 * @param text Not empty. The case of ASCII letters does not matter.
 * @param most The most ids. It also limits the time, unless many titles have almost all pieces of the text.
 */
export function titleCandidates(
  text: string,
  { after, before }: Range,
  { most, dialect }: { most: number; dialect: Dialect },
): Prisma.Sql {
  if (dialect === 'postgresql') {
    return Prisma.sql`SELECT "id" FROM "Session" WHERE ${titleContains(text, dialect)}
      AND "id" > ${after} AND "id" < ${before} LIMIT ${most}`;
  }
  const pieces = piecesOf(text);
  if (pieces.length === 0) {
    const end = `${text}\u{10FFFF}`;
    return Prisma.sql`SELECT "doc" AS "id" FROM "SessionTitlePiece"
      WHERE "term" >= lower(${text}) AND "term" < lower(${end}) LIMIT ${most}`;
  }
  const query = pieces.map((piece) => `"${piece.replaceAll('"', '""')}"`).join(' ');
  return Prisma.sql`SELECT "rowid" AS "id" FROM "SessionTitle"
    WHERE "SessionTitle" MATCH lower(${query}) AND "rowid" > ${after} AND "rowid" < ${before} LIMIT ${most}`;
}

/** A condition in SQL: whether a title has this text in it. The case of ASCII letters does not matter. */
export function titleContains(text: string, dialect: Dialect): Prisma.Sql {
  // The collation "C" lets PostgreSQL change ASCII letters only, as SQLite does.
  const title =
    dialect === 'postgresql' ? Prisma.sql`lower("title" COLLATE "C")` : Prisma.sql`lower("title")`;
  const folded = text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  const pattern = `%${folded.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return Prisma.sql`${title} LIKE ${pattern} ESCAPE '\\'`;
}

/** Pieces of three characters from all over the text; none if it is shorter. */
function piecesOf(text: string): string[] {
  const characters = [...text];
  const count = characters.length - 2;
  if (count < 1) return [];
  const used = Math.min(count, mostPieces);
  const starts = Array.from({ length: used }, (_, index) =>
    Math.round((index * (count - 1)) / Math.max(used - 1, 1)),
  );
  return starts.map((start) => characters.slice(start, start + 3).join(''));
}
