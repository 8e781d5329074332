import { Prisma } from '../generated/prisma/client.ts';
import type { SessionOwner } from './statements/sessions.ts';
import type { Dialect } from './statements/statement.ts';

// The index of titles has each piece of three characters, with the sessions that have it; that of PostgreSQL also shorter
// pieces and the owners. In SQLite it is an FTS5 table (migration 0014), and in PostgreSQL a GIN index of a table that
// holds the titles (migration 0005). Triggers keep both.

/** Ids between `after` and `before`, both exclusive. */
interface Range {
  after: number;
  before: number;
}

/** Enough pieces to leave few candidates. Each one costs time, more so when many titles have it. */
const mostPieces = 12;

interface CandidateOptions {
  /** Whose sessions are wanted. PostgreSQL leaves out others. */
  owner: SessionOwner;
  /** The most ids. It also limits the time, unless many titles have almost all pieces of the text. */
  most: number;
  dialect: Dialect;
}

/**
 * A statement that finds the `sessionId` of sessions which may have a text in their title, through the index of titles. It finds
 * every session of the range with the text, unless `most` ends it. It also finds others, some of them more than once:
 * with the text's pieces in another order, of other users, or, for a short text, out of the range. So compare the titles
 * afterwards.
 *
 * @param text Not empty. The case of ASCII letters does not matter.
 */
export function titleCandidates(
  text: string,
  { after, before }: Range,
  { owner, most, dialect }: CandidateOptions,
): Prisma.Sql {
  const pieces = piecesOf(text);
  if (dialect === 'postgresql') {
    const all = [...(pieces.length > 0 ? pieces : [text]).map(foldCase), ...ownerPieces(owner)];
    // Without the collation of the index, PostgreSQL would not use it. With plain ids, it would also read those of all rows.
    return Prisma.sql`SELECT "sessionId" FROM "SessionTitle"
      WHERE "titlePieces"("title", "userId", "featureName") @> (CAST(${all} AS TEXT[]) COLLATE "C")
        AND "sessionId" + 0 > ${after} AND "sessionId" + 0 < ${before} LIMIT ${most}`;
  }
  if (pieces.length === 0) {
    const end = `${text}\u{10FFFF}`;
    return Prisma.sql`SELECT "doc" AS "sessionId" FROM "SessionTitlePiece"
      WHERE "term" >= lower(${text}) AND "term" < lower(${end}) LIMIT ${most}`;
  }
  const query = pieces.map((piece) => `"${piece.replaceAll('"', '""')}"`).join(' ');
  return Prisma.sql`SELECT "rowid" AS "sessionId" FROM "SessionTitle"
    WHERE "SessionTitle" MATCH lower(${query}) AND "rowid" > ${after} AND "rowid" < ${before} LIMIT ${most}`;
}

/** What the index of PostgreSQL has of the owners of titles. */
function ownerPieces({ userId, featureName }: SessionOwner): string[] {
  return [
    ...(userId != null ? [`user:${userId}`] : []),
    ...(featureName != null ? [`feature:${featureName}`] : []),
  ];
}

/** A condition in SQL: whether a title has this text in it. The case of ASCII letters does not matter. */
export function titleContains(text: string, dialect: Dialect): Prisma.Sql {
  // The collation "C" lets PostgreSQL change ASCII letters only, as SQLite does.
  const title =
    dialect === 'postgresql' ? Prisma.sql`lower("title" COLLATE "C")` : Prisma.sql`lower("title")`;
  const pattern = `%${foldCase(text).replaceAll(/[\\%_]/g, '\\$&')}%`;
  return Prisma.sql`${title} LIKE ${pattern} ESCAPE '\\'`;
}

function foldCase(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
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
