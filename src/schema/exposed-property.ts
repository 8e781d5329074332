import type { GraphQLField } from 'graphql';

/**
 * The property that a field shows as it is; undefined for a field with a resolver. Pothos marks the fields of `expose…`,
 * and those whose resolver a plugin has wrapped, to check who may read them for instance.
 */
export function exposedProperty({
  extensions,
}: Pick<GraphQLField<unknown, unknown>, 'extensions'>): string | undefined {
  const { pothosExposedField: property, pothosResolveWrapped: isWrapped } = extensions;
  return typeof property === 'string' && isWrapped === false ? property : undefined;
}
