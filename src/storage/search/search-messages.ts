import { maxId } from '../../base/global-id.ts';
import { shareTurn } from '../../base/share-turn.ts';
import { amongIds, idList } from '../statements/dialect.ts';
import { plainStatement } from '../statements/row-decoder.ts';
import type { Statements } from '../statements/statement.ts';
import { type Match, matchText } from './match.ts';
import { nearTexts, newestMessageId, someTexts, termList, termQuery, textsBetween } from './message-index.ts';
import { snippetOf } from './snippet.ts';
import { termsToFind } from './terms.ts';
import { type Piece, piecesOf, searchedLength } from './words.ts';

/** What is searched. */
export interface MessageQuery {
  text: string;
  /** Only messages in sessions of this user. Undefined: of all users. */
  userId: string | undefined;
  /** Only messages of this session. */
  sessionId?: number | undefined;
}

/** A message that has the words of a query. */
export interface MessageHit {
  id: number;
  sessionId: number;
  score: number;
  /** HTML: see `snippetOf`. */
  snippet: string;
  /** The ids between which it was ranked, both exclusive. */
  after: number;
  before: number;
}

/** Where the next page begins: behind a hit of a window. */
export type HitPosition = Pick<MessageHit, 'id' | 'score' | 'after' | 'before'>;

interface SearchOptions {
  from: HitPosition | undefined;
  limit: number;
  signal: AbortSignal;
  onCompared(characters: number): void;
}

/** Hits that are ranked together. */
const windowSize = 50;
/** Messages that are compared at once. */
const atOnce = 32;
/** Messages that a search compares before it gives up. Almost all of those that the index names are hits. */
const mostCompared = 2_000;
/** Characters that a search compares before it gives up: a quarter of a second. 2,000 long messages took five. */
const mostCharacters = 10_000_000;
/** Ids that one statement looks through: some milliseconds. */
const fewestIds = 4_096;
const mostIds = 65_536;
/** Messages that PostgreSQL sorts. If more have the terms, it looks for them from the newest on. */
const mostSorted = 2_000;

/** Those of some messages that were neither cleared nor deleted. Parameters: how many characters, the ids. */
const textsOf = plainStatement<{ id: number; sessionId: number; userId: string; content: string }>(
  `SELECT "Message"."id", "sessionId", "userId", SUBSTR("content", 1, ?) AS "content"
   FROM "Message" JOIN "Session" ON "Session"."id" = "sessionId" AND "deletedAt" IS NULL
     AND "Message"."id" > "clearedThroughId"
   WHERE "Message"."id" ${amongIds} ORDER BY "Message"."id" DESC`,
);

/** Messages that are not in the index yet, which a search compares: the newest. */
const mostNoted = 500;

/** The newest messages that have ended and are not in the index yet. Parameters: how many to look at. */
const notedTexts = plainStatement<{ id: number; sessionId: number; userId: string }>(
  `SELECT "noted"."id", "sessionId", "userId" FROM (
      SELECT "messageId" AS "id" FROM "MessageToIndex" ORDER BY "messageId" DESC LIMIT ?
    ) AS "noted" JOIN "Message" ON "Message"."id" = "noted"."id" AND "status" <> 'STREAMING'
    JOIN "Session" ON "Session"."id" = "sessionId" ORDER BY "noted"."id" DESC`,
);

/**
 * The messages that have all words of a query, from the newest to the oldest, and the best first among each 50 of them.
 *
 * @param from Where to begin; undefined: at the best of the newest.
 * @param limit How many hits.
 * @param onCompared Is told how many characters were compared.
 */
export async function searchMessages(
  statements: Statements,
  query: MessageQuery,
  { from, limit, signal, onCompared }: SearchOptions,
): Promise<MessageHit[]> {
  const wanted = piecesIn(query.text);
  if (wanted.length === 0) return [];
  const found: MessageHit[] = [];
  const search = new Search(statements, query, wanted, signal);
  let before = maxId;
  if (from) {
    const { after, before: end } = from;
    const window = await search.window({ after, before: end, most: Number.POSITIVE_INFINITY });
    found.push(
      ...window.filter((hit) => compareHits(hit, from) > 0).map((hit) => ({ ...hit, after, before: end })),
    );
    before = after + 1;
    // What an earlier page has compared does not count for this one, which would find nothing otherwise.
    onCompared(search.startAnew());
  }
  while (found.length < limit && !search.isOver) {
    const window = await search.window({ after: 0, before, most: windowSize });
    if (window.length === 0) break;
    const after = Math.min(...window.map(({ id }) => id)) - 1;
    found.push(...window.toSorted(compareHits).map((hit) => ({ ...hit, after, before })));
    before = after + 1;
  }
  onCompared(search.startAnew());
  return found.slice(0, limit);
}

/** The different pieces of a query. */
function piecesIn(text: string): Piece[] {
  return [...new Map(Array.from(piecesOf(text), (piece) => [piece.folded, piece])).values()];
}

type Ranked = Pick<MessageHit, 'id' | 'score'>;

function compareHits(a: Ranked, b: Ranked): number {
  return b.score - a.score || b.id - a.id;
}

type Hit = Omit<MessageHit, 'after' | 'before'>;

/** One search: reads what the index names, and keeps what has the words. */
class Search {
  readonly #statements: Statements;
  readonly #query: MessageQuery;
  readonly #wanted: readonly Piece[];
  readonly #signal: AbortSignal;
  readonly #terms: Set<number>;
  #compared = 0;
  #characters = 0;
  #noted: number[] | undefined;
  /** All ids that the index names, newest first, if they are few. Only PostgreSQL. */
  #few: number[] | undefined;
  #isCounted = false;

  constructor(statements: Statements, query: MessageQuery, wanted: readonly Piece[], signal: AbortSignal) {
    this.#statements = statements;
    this.#query = query;
    this.#wanted = wanted;
    this.#signal = signal;
    this.#terms = termsToFind(wanted, query);
  }

  get isOver(): boolean {
    const hasMany = this.#compared >= mostCompared || this.#characters >= mostCharacters;
    return hasMany || this.#signal.aborted;
  }

  /** Begins to count once more. Returns the characters that were compared. */
  startAnew(): number {
    const characters = this.#characters;
    this.#compared = 0;
    this.#characters = 0;
    return characters;
  }

  /** The newest hits between two ids, both exclusive, not ranked. */
  async window({ after, before, most }: { after: number; before: number; most: number }): Promise<Hit[]> {
    const hits: Hit[] = [];
    let end = before;
    while (hits.length < most && !this.isOver) {
      const ids = await this.#candidates(after, end, Math.min(atOnce, most - hits.length));
      const last = ids.at(-1);
      if (last === undefined) break;
      hits.push(...(await this.#compare(ids)));
      end = last;
    }
    return hits;
  }

  async #compare(ids: number[]): Promise<Hit[]> {
    this.#compared += ids.length;
    const { userId, sessionId } = this.#query;
    const hits: Hit[] = [];
    for (const row of await this.#statements.all(textsOf, [searchedLength, idList(ids)])) {
      await shareTurn();
      if (userId !== undefined && row.userId !== userId) continue;
      if (sessionId !== undefined && row.sessionId !== sessionId) continue;
      this.#characters += row.content.length;
      const match: Match | undefined = matchText(row.content, this.#wanted);
      if (!match) continue;
      const snippet = snippetOf(row.content, match.marks);
      hits.push({ id: row.id, sessionId: row.sessionId, score: match.score, snippet });
    }
    return hits;
  }

  /** The newest messages between two ids that may have the words: those in the index, and those that are not yet. */
  async #candidates(after: number, before: number, most: number): Promise<number[]> {
    this.#noted ??= await this.#readNoted();
    const noted = this.#noted.filter((id) => id > after && id < before);
    const indexed = await this.#indexed(after, before, most);
    return [...new Set([...noted, ...indexed])].toSorted((a, b) => b - a).slice(0, most);
  }

  async #readNoted(): Promise<number[]> {
    const { userId, sessionId } = this.#query;
    const rows = await this.#statements.all(notedTexts, [mostNoted]);
    return rows
      .filter((row) => userId === undefined || row.userId === userId)
      .filter((row) => sessionId === undefined || row.sessionId === sessionId)
      .map(({ id }) => id);
  }

  async #indexed(after: number, before: number, most: number): Promise<number[]> {
    const newest = (await this.#statements.get(newestMessageId, []))?.id ?? 0;
    let end = Math.min(before, newest + 1);
    if (this.#statements.dialect === 'postgresql') {
      if (!this.#isCounted) {
        // The GIN index reads all messages that have a term before it names the first one, and most of them may have it.
        const near = await this.#between(Math.max(after, end - fewestIds - 1), end, windowSize);
        if (near.length === windowSize) return near;
      }
      const few = await this.#fewCandidates();
      if (few) return few.filter((id) => id > after && id < before).slice(0, most);
    }
    let ids = fewestIds;
    while (end > after + 1 && !this.#signal.aborted) {
      await shareTurn();
      const start = Math.max(after, end - ids - 1);
      const found = await this.#between(start, end, most);
      if (found.length > 0) return found;
      end = start + 1;
      ids = Math.min(mostIds, ids * 2);
    }
    return [];
  }

  async #between(after: number, before: number, most: number): Promise<number[]> {
    const rows =
      this.#statements.dialect === 'postgresql'
        ? await this.#statements.all(nearTexts, [after, before, termList(this.#terms), most])
        : await this.#statements.all(textsBetween, [termQuery(this.#terms), after, before, most]);
    return rows.map(({ id }) => id);
  }

  async #fewCandidates(): Promise<number[] | undefined> {
    if (!this.#isCounted) {
      const rows = await this.#statements.all(someTexts, [termList(this.#terms), mostSorted + 1]);
      if (rows.length <= mostSorted) this.#few = rows.map(({ id }) => id).toSorted((a, b) => b - a);
      this.#isCounted = true;
    }
    return this.#few;
  }
}
