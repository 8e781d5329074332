import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import { shorten } from '../base/cut-text.ts';
import type { Context } from '../context.ts';
import { idList } from '../storage/statements/dialect.ts';
import { beginningsOfSessions } from '../storage/statements/messages.ts';

/** Characters of a preview, without the `…` behind it. */
const previewLength = 119;
/** Characters that are read for a preview: more, because several blanks count as one. */
const readLength = 400;
/** Loads the previews of sessions: one statement for all of them, and one row for each. */
export const previewOf = createContextCache(
  ({ statements, resultBudget }: Context) =>
    new DataLoader<number, string | null>(
      async (sessionIds) => {
        const found = await statements.all(beginningsOfSessions, [idList(sessionIds), readLength]);
        resultBudget.load(found.reduce((length, { beginning }) => length + (beginning?.length ?? 0), 0));
        const bySession = new Map(found.map((row) => [row.sessionId, row.beginning]));
        return sessionIds.map((id) => onOneLine(bySession.get(id)));
      },
      { cache: false },
    ),
);

function onOneLine(beginning: string | null | undefined): string | null {
  const line = beginning?.replace(/\s+/g, ' ').trim();
  return line ? shorten(line, previewLength) : null;
}
