import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import { groupBy } from '../../base/group-by.ts';
import type { Context } from '../../context.ts';
import type { Message } from '../../generated/prisma/client.ts';
import { idList } from '../../storage/statements/dialect.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import { steeringOf } from '../../storage/statements/steering.ts';
import { findMessages } from './find-messages.ts';
import { newestRow } from './page.ts';
import { loadersOf, newestOf } from './page-per-parent.ts';
import { rowsOf } from './rows.ts';

/** How many messages are looked at first behind a head that is shown within an answer. The next look takes as many times more. */
const firstLook = 8;

/**
 * The newest message of a session as a reader sees it; null if the session has none. A prompt that has joined an answer is
 * shown within that answer, so it is not the newest one, although it is stored behind the answer.
 */
export async function newestShown(context: Context, sessionId: number): Promise<Message | null> {
  const newest = await newestOf(loadersOf(context).messages, sessionId);
  if (newest?.steeredIntoId == null) return newest;
  const id = await newestNotJoined(context).load(sessionId);
  return id === null ? null : rowsOf(context).message.load(id);
}

/** A loader without a cache, because the context of a subscription lives long. */
const newestNotJoined = createContextCache(
  ({ statements }: Context) =>
    new DataLoader<number, number | null>((sessionIds) => findNotJoined(statements, sessionIds), {
      cache: false,
    }),
);

/** The id of the newest message of each session that is no prompt which has joined an answer. */
async function findNotJoined(statements: Reader, sessionIds: readonly number[]): Promise<(number | null)[]> {
  const found = new Map<number, number>();
  let left = [...sessionIds];
  for (let limit = firstLook; left.length > 0; limit *= firstLook) {
    const rows = await findMessages(statements, { ...newestRow, limit }, left);
    const steering = await statements.all(steeringOf, [idList(rows.map(({ id }) => id))]);
    const joined = new Set(steering.flatMap(({ id, steeredIntoId }) => (steeredIntoId === null ? [] : id)));
    const pages = groupBy(rows, ({ sessionId }) => sessionId);
    left = left.filter((sessionId) => {
      const page = pages.get(sessionId) ?? [];
      const others = page.map(({ id }) => id).filter((id) => !joined.has(id));
      if (others.length > 0) found.set(sessionId, Math.max(...others));
      return others.length === 0 && page.length === limit;
    });
  }
  return sessionIds.map((id) => found.get(id) ?? null);
}
