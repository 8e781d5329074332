import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import { lazyFields } from '../../base/lazy-fields.ts';
import type { Context } from '../../context.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { type Owned, ownersByType } from '../../storage/statements/owners.ts';
import type { Statement } from '../../storage/statements/statement.ts';

/** Loads the owner of an object, a `userId`, by the id of the row. */
export type OwnerLoader = DataLoader<number, string | null>;

/** A type that has Relay ids. */
export type OwnedType = keyof typeof ownersByType;

export function isOwnedType(name: string): name is OwnedType {
  return Object.hasOwn(ownersByType, name);
}

/**
 * Loaders for the owner of an object; null if there is no such object, or if it was deleted or cleared. They have no
 * cache, because the context of a subscription lives long.
 */
export const ownersOf = createContextCache(
  lazyFields<Context>()<Record<OwnedType, OwnerLoader>>({
    Session: ownerLoader(ownersByType.Session),
    Message: ownerLoader(ownersByType.Message),
    Run: ownerLoader(ownersByType.Run),
    Attachment: ownerLoader(ownersByType.Attachment),
    ToolGrant: ownerLoader(ownersByType.ToolGrant),
    AgentNode: ownerLoader(ownersByType.AgentNode),
  }),
);

function ownerLoader(statement: Statement<Owned>) {
  return ({ statements }: Context): OwnerLoader =>
    new DataLoader(
      async (ids) => {
        const rows = await statements.all(statement, [idList(ids)]);
        const owners = new Map(rows.map(({ id, userId }) => [id, userId]));
        return ids.map((id) => owners.get(id) ?? null);
      },
      { cache: false },
    );
}
