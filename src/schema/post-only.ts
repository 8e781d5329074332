import type { GraphQLField } from 'graphql';

/** Options of a subscription field that changes something: clients must send it with POST, like a mutation. */
export const postOnly = { extensions: { isPostOnly: true } };

export function isPostOnly({ extensions }: GraphQLField<unknown, unknown>): boolean {
  return extensions['isPostOnly'] === true;
}
