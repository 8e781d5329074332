import { maxId } from '../../base/global-id.ts';
import { indexOrder, inIndex } from './index-range.ts';
import { plainStatement } from './row-decoder.ts';
import type { Parameter, Statement } from './statement.ts';

/** A tag, and how many sessions have it. */
export interface TagCount {
  tag: string;
  /** Sessions that are not archived. */
  sessions: number;
  archivedSessions: number;
}

/** How an index has its column of tags. */
interface TagColumn {
  /** The columns before it, each with its value. */
  owner: readonly string[];
  /** A tag, as the index has it. */
  of(tag: string): string;
}

/**
 * The tags behind one, each with the number of its sessions. The statement jumps from tag to tag in the index and counts to a
 * bound, so it reads the same number of entries however many sessions there are. Parameters: the user (null: no matter), the
 * tag, how many tags, where to stop counting, twice.
 */
function tagsOf({ owner, of }: TagColumn): Statement<TagCount> {
  const column = of('"tag"');
  const next = (
    tag: string,
  ) => `(SELECT "tag" FROM "SessionTag" WHERE ${[...owner, `${column} > ${of(tag)}`].join(' AND ')}
      ${indexOrder({ equal: owner, columns: [column] }, 'ASC')} LIMIT 1)`;
  const count = (isArchived: 'TRUE' | 'FALSE') => {
    const equal = [...owner, `${column} = ${of('"found"."name"')}`, `"isArchived" = ${isArchived}`];
    const having = { equal, columns: ['"sessionId"'] };
    return `CAST((SELECT count(*) FROM (SELECT 1 FROM "SessionTag" WHERE ${inIndex(having, '>', '0')}
      AND ${inIndex(having, '<', String(maxId))} ${indexOrder(having, 'ASC')} LIMIT ?) AS "counted") AS INTEGER)`;
  };
  return plainStatement<TagCount>(
    `WITH RECURSIVE "asked" AS (SELECT CAST(? AS TEXT) AS "owner", CAST(? AS TEXT) AS "after"), "found" AS (
       SELECT "owner", ${next('"asked"."after"')} AS "name", 1 AS "number" FROM "asked"
       UNION ALL
       SELECT "owner", ${next('"found"."name"')}, "number" + 1 FROM "found"
       WHERE "name" IS NOT NULL AND "number" < CAST(? AS INTEGER))
     SELECT "name" AS "tag", ${count('FALSE')} AS "sessions", ${count('TRUE')} AS "archivedSessions"
     FROM "found" WHERE "name" IS NOT NULL ORDER BY "number"`,
  );
}

const ofUser = tagsOf({ owner: ['"userId" = "owner"'], of: (tag) => tag });
// The index of all users has an expression, so that no list of one user is read through it. SQLite uses it only for values
// that are such expressions, too.
const ofAll = tagsOf({ owner: [], of: (tag) => `coalesce(${tag},'')` });

export interface TagsAsked {
  /** Undefined: the sessions of all users. */
  userId: string | undefined;
  /** The tag behind which to begin. The empty text comes before all tags that a user can give. */
  after: string;
  /** How many tags. */
  limit: number;
  /** Where to stop counting the sessions of a tag. */
  upTo: number;
}

/** The tags of sessions that were not deleted, in the order of the database. */
export function countTags({ userId, after, limit, upTo }: TagsAsked): {
  statement: Statement<TagCount>;
  parameters: Parameter[];
} {
  const statement = userId === undefined ? ofAll : ofUser;
  return { statement, parameters: [userId ?? null, after, limit, upTo, upTo] };
}
