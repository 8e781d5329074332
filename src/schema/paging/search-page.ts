import type { Context } from '../../context.ts';
import { GatewayError } from '../../errors.ts';
import type { Message } from '../../generated/prisma/client.ts';
import { type MessageHit, type MessageQuery, searchMessages } from '../../storage/search/search-messages.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { messagesByIds } from '../../storage/statements/messages.ts';
import { decodeHitCursor, encodeHitCursor } from './cursor.ts';
import { defaultPageSize } from './page.ts';
import { readTogether } from './related-rows.ts';
import { chargeRows } from './rows.ts';

/** A message that a search has found. */
export interface HitEdge {
  cursor: string;
  node: Message;
  sessionId: number;
  /** HTML: see `snippetOf`. */
  snippet: string;
}

interface SearchPageArgs {
  first?: number | null | undefined;
  after?: string | null | undefined;
}

/** Compared characters that cost as much as a field: 10 million take a quarter of a second. */
const charactersPerCost = 300;

/** @throws GatewayError BAD_USER_INPUT for a bad cursor or size; QUERY_TOO_COMPLEX if the messages are too large. */
export async function pageOfHits(context: Context, query: MessageQuery, { first, after }: SearchPageArgs) {
  const { statements, signal, maxPageSize } = context;
  const size = first ?? Math.min(defaultPageSize, maxPageSize);
  if (size < 0 || size > maxPageSize) {
    throw new GatewayError('BAD_USER_INPUT', `first: expected 0 to ${maxPageSize}, got ${size}.`, {
      field: 'first',
    });
  }
  const from = after ? decodeHitCursor(after, 'after') : undefined;
  let compared = 0;
  const onCompared = (characters: number) => {
    compared += characters;
  };
  const hits = await searchMessages(statements, query, { from, limit: size + 1, signal, onCompared });
  await context.account?.settle(compared / charactersPerCost, 0);
  const edges = await readEdges(context, hits.slice(0, size));
  return {
    edges,
    pageInfo: {
      hasNextPage: hits.length > size,
      hasPreviousPage: false,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

async function readEdges(context: Context, hits: readonly MessageHit[]): Promise<HitEdge[]> {
  const ids = idList(hits.map(({ id }) => id));
  const rows = await chargeRows(context, () => context.statements.all(messagesByIds, [ids]));
  const byId = new Map(readTogether(rows).map((row) => [row.id, row]));
  return hits.flatMap((hit) => {
    const node = byId.get(hit.id);
    const { sessionId, snippet } = hit;
    return node ? [{ cursor: encodeHitCursor(hit), node, sessionId, snippet }] : [];
  });
}
