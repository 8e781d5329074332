import type { GraphQLField } from 'graphql';

/**
 * What a subscription that changes something spreads into its field: it is taken by POST alone, as a mutation
 * is. The others may be followed by GET, too.
 */
export const acting = { extensions: { isActing: true } };

/** Whether subscribing to the field changes something. */
export function isActing({ extensions }: GraphQLField<unknown, unknown>): boolean {
  return extensions['isActing'] === true;
}
