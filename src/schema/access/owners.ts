import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import type { Context } from '../../context.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { type Owned, ownersByType } from '../../storage/statements/owners.ts';
import type { Statement } from '../../storage/statements/statement.ts';

/**
 * Loaders for the owner of an object, a `userId`; null if there is no such object, or if it was deleted or cleared. They have no cache, because the
 * context of a subscription lives long.
 */
export const ownersOf = createContextCache(({ statements }: Context) => {
  const ownerLoader = (statement: Statement<Owned>) =>
    new DataLoader<number, string | null>(
      async (ids) => {
        const rows = await statements.all(statement, [idList(ids)]);
        const owners = new Map(rows.map(({ id, userId }) => [id, userId]));
        return ids.map((id) => owners.get(id) ?? null);
      },
      { cache: false },
    );
  return {
    /** By the id of the row, for each type that has Relay ids. */
    byType: {
      Session: ownerLoader(ownersByType.Session),
      Message: ownerLoader(ownersByType.Message),
      Run: ownerLoader(ownersByType.Run),
      AgentNode: ownerLoader(ownersByType.AgentNode),
    },
  };
});
