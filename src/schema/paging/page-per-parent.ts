import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import { groupBy } from '../../base/group-by.ts';
import { lazyFields } from '../../base/lazy-fields.ts';
import type { Context } from '../../context.ts';
import type { Message, Run } from '../../generated/prisma/client.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { countsOfMessages, messagesByIds, type PageRow } from '../../storage/statements/messages.ts';
import {
  countsOfRuns,
  liveRunsOfSessions,
  pagesOfRuns,
  runsByIds,
  type SessionStatus,
  statusOfSessions,
} from '../../storage/statements/runs.ts';
import type { MaybePromise, Statement } from '../../storage/statements/statement.ts';
import { countLoader } from './count-rows.ts';
import { findMessages } from './find-messages.ts';
import { newestRow, type Page, type PageArgs, resolvePage } from './page.ts';
import { readTogether } from './related-rows.ts';
import { readRows } from './rows.ts';

/** A page of the rows of one session. */
interface PageInSession extends Page {
  sessionId: number;
}

/**
 * The loaders of one request, for queries that Prisma cannot batch. They have no cache: the context of a subscription
 * lives long, and each of its results must show the present state.
 */
export const loadersOf = createContextCache(
  lazyFields<Context>()({
    /** A page of the messages of the branch that each session shows. */
    messages: (context) =>
      pageLoader<Message>(context, (page, ids) => findMessages(context.statements, page, ids), messagesByIds),
    /** A page of each session's runs. */
    runs: (context) =>
      pageLoader<Run>(
        context,
        ({ order, after, before, limit }, ids) =>
          context.statements.all(pagesOfRuns[order], [idList(ids), after, before, limit]),
        runsByIds,
      ),
    /** How many messages the branch has that each session shows. */
    messageCount: (context) => countLoader(context, countsOfMessages, (ids, upTo) => [ids, upTo, upTo]),
    /** How many runs each session has. */
    runCount: (context) => countLoader(context, countsOfRuns, (ids, upTo) => [upTo, ids]),
    /** The RUNNING run of each session; null if it has none. */
    liveRun: ({ statements }) =>
      new DataLoader<number, Run | null>(
        async (sessionIds) => {
          const runs = await statements.all(liveRunsOfSessions, [idList(sessionIds)]);
          const bySession = new Map(runs.map((run) => [run.sessionId, run]));
          return sessionIds.map((id) => bySession.get(id) ?? null);
        },
        { cache: false },
      ),
    /** What each session is doing. */
    status: ({ statements }) =>
      new DataLoader<number, SessionStatus>(
        async (sessionIds) => {
          const busy = await statements.all(statusOfSessions, [idList(sessionIds)]);
          const bySession = new Map(busy.map(({ sessionId, status }) => [sessionId, status]));
          return sessionIds.map((id) => bySession.get(id) ?? 'IDLE');
        },
        { cache: false },
      ),
  }),
);

/**
 * A page of the messages of a session, oldest first.
 *
 * @throws GatewayError as `resolvePage` does; QUERY_TOO_COMPLEX if the rows are too large.
 */
export function pageOfMessages(context: Context, sessionId: number, args: PageArgs) {
  return resolvePage({
    args,
    maxSize: context.maxPageSize,
    order: 'asc',
    load: (range) => loadersOf(context).messages.load({ ...range, sessionId }),
  });
}

/** The newest row of a session; null if the session has no rows. */
export async function newestOf<Row>(pages: DataLoader<PageInSession, Row[]>, sessionId: number) {
  const [newest] = await pages.load({ ...newestRow, sessionId });
  return newest ?? null;
}

/**
 * Loads the pages of many sessions: first the ids of every page, and how long the texts are, then the rows, some at a
 * time. Pages with other bounds, which another field of the document asks for, take statements of their own.
 *
 * @param find Finds the same page of each of some sessions, in any order.
 */
function pageLoader<Row extends { id: number }>(
  context: Context,
  find: (page: Page, sessionIds: number[]) => MaybePromise<PageRow[]>,
  byIds: Statement<Row>,
): DataLoader<PageInSession, Row[]> {
  const { statements } = context;
  return new DataLoader(
    async function loadPages(pages): Promise<Row[][]> {
      const found = new Map<PageInSession, number[]>();
      const sizes: PageRow[] = [];
      for (const same of groupBy(pages, boundsOf).values()) {
        const [page = newestRow] = same;
        const ids = same.map(({ sessionId }) => sessionId);
        const rows = await find(page, ids);
        const bySession = groupBy(rows.sort(inOrder[page.order]), ({ sessionId }) => sessionId);
        sizes.push(...rows);
        for (const page of same)
          found.set(
            page,
            (bySession.get(page.sessionId) ?? []).map(({ id }) => id),
          );
      }
      const rows = readTogether(
        await readRows(context, sizes, (ids) => statements.all(byIds, [idList(ids)])),
      );
      const byId = new Map(rows.map((row) => [row.id, row]));
      // Rows that were deleted since were hidden before that. Look again, so that no page shows a part of what is left.
      if (sizes.some(({ id }) => !byId.has(id))) return loadPages(pages);
      return pages.map((page) => (found.get(page) ?? []).flatMap((id) => byId.get(id) ?? []));
    },
    { cache: false },
  );
}

const inOrder = {
  asc: (a: PageRow, b: PageRow) => a.id - b.id,
  desc: (a: PageRow, b: PageRow) => b.id - a.id,
};

/** The same for pages that differ only in the session. */
function boundsOf({ order, after, before, limit }: Page): string {
  return `${order} ${after} ${before} ${limit}`;
}
