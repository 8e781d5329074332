import type { Session } from '../../generated/prisma/client.ts';
import { indexOrder, inIndex } from './index-range.ts';
import { modelStatement } from './row-decoder.ts';
import type { SessionOwner } from './sessions.ts';
import type { Parameter, Statement } from './statement.ts';

// The table "SessionTag" has a row for each tag of a session, and one with the empty tag for a pinned session. Triggers on
// "Session" keep it (migration 0031 of SQLite, 0012 of PostgreSQL). It has no rows of deleted sessions.

/** The tag that a session has while it is pinned. */
export const pinnedTag = '';

/** Which sessions to list. */
interface TaggedSelection extends SessionOwner {
  /** The tag that leads to the sessions. */
  tag: string;
  /** Another tag that they have, too. */
  alsoTag?: string | undefined;
  archived: boolean;
}

/** Where a session stands in a list. */
type TaggedSession = Pick<Session, 'id' | 'lastActivityAt'>;

interface TaggedStatement {
  statement: Statement<TaggedSession>;
  /** Those before the positions, and those behind them. */
  before: Parameter[];
  after: Parameter[];
}

const isOfPart = '"featureName" = ?';
const hasAlsoTag = `EXISTS (SELECT 1 FROM "SessionTag" AS "other"
  WHERE "other"."sessionId" = "SessionTag"."sessionId" AND "other"."tag" = ?)`;

/**
 * The sessions of a tag by their ids. Parameters: `before`, a position, `before`, a position, `after`, how many. The page lies
 * together in an index, unless it is only a part of the application or has another tag: then it reads the sessions of the
 * tag that it leaves out, too.
 */
export const taggedByCreation = inBothDirections(['"sessionId"']);

/** The same by the last activity. A position is a time and an id. */
export const taggedByActivity = inBothDirections(['"lastActivityAt"', '"sessionId"']);

function inBothDirections(columns: string[]) {
  return { asc: forEachSelection(columns, 'ASC'), desc: forEachSelection(columns, 'DESC') };
}

/** Makes a statement for each combination of filters. */
function forEachSelection(columns: string[], direction: 'ASC' | 'DESC') {
  const position = columns.map(() => '?').join(', ');
  const make = (first: string[], further: string[]) => {
    const selected = { equal: [...first, '"isArchived" = ?'], columns };
    const conditions = [inIndex(selected, '>', position), inIndex(selected, '<', position), ...further].join(
      ' AND ',
    );
    return modelStatement<TaggedSession>(
      'Session',
      `SELECT "sessionId" AS "id", "lastActivityAt" FROM "SessionTag" WHERE ${conditions}
        ${indexOrder(selected, direction)} LIMIT ?`,
    );
  };
  const forFurther = (first: string[]) => [
    make(first, []),
    make(first, [isOfPart]),
    make(first, [hasAlsoTag]),
    make(first, [isOfPart, hasAlsoTag]),
  ];
  // The index of all users has an expression, so that no list of one user is read through it.
  const ofAll = forFurther([`coalesce("tag",'') = ?`]);
  const ofUser = forFurther(['"userId" = ?', '"tag" = ?']);
  return ({ userId, featureName, tag, alsoTag, archived }: TaggedSelection): TaggedStatement => {
    const statements = userId == null ? ofAll : ofUser;
    const statement = statements[(featureName == null ? 0 : 1) + (alsoTag === undefined ? 0 : 2)];
    if (statement === undefined) throw new Error('There is no statement for these filters.');
    const before = [...(userId == null ? [] : [userId]), tag, archived];
    return { statement, before, after: [featureName, alsoTag].filter((value) => value != null) };
  };
}
