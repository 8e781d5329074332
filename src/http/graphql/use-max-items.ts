import { type FieldNode, GraphQLError, Kind, type SelectionSetNode, type ValidationRule } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** The items of a connection, and of `Query.nodes`. */
const lists = new Set(['edges', 'nodes']);

/**
 * Refuses documents whose connections, one within the other, may give more than twice as many items as two
 * full ones: a session's messages have a session again, and every level multiplies. A few such levels, in a
 * hundred bytes, would take all memory there is.
 *
 * @param maxPageSize Items of one connection, and what is assumed where the document does not say how many.
 */
export function useMaxItems(maxPageSize: number): Plugin {
  const rule = maxItemsRule(2 * maxPageSize ** 2, maxPageSize);
  return { onValidate: ({ addValidationRule }) => addValidationRule(rule) };
}

function maxItemsRule(maxItems: number, maxPageSize: number): ValidationRule {
  return (context) => {
    const fragments = new Map<string, number>();
    const itemsIn = (selectionSet: SelectionSetNode | undefined, pageSize: number): number => {
      let items = 0;
      for (const selection of selectionSet?.selections ?? []) {
        if (selection.kind === Kind.FRAGMENT_SPREAD) {
          items += itemsInFragment(selection.name.value);
        } else if (selection.kind === Kind.INLINE_FRAGMENT) {
          items += itemsIn(selection.selectionSet, pageSize);
        } else if (lists.has(selection.name.value)) {
          items += pageSize * (1 + itemsIn(selection.selectionSet, 1));
        } else {
          items += itemsIn(selection.selectionSet, sizeOf(selection, maxPageSize));
        }
      }
      return items;
    };
    const itemsInFragment = (name: string): number => {
      const known = fragments.get(name);
      if (known !== undefined) return known;
      // A fragment within itself is refused by another rule.
      fragments.set(name, 0);
      const items = itemsIn(context.getFragment(name)?.selectionSet, maxPageSize);
      fragments.set(name, items);
      return items;
    };
    return {
      OperationDefinition(operation) {
        const items = itemsIn(operation.selectionSet, maxPageSize);
        if (items <= maxItems) return;
        const message = `The document asks for up to ${items} items at once, ${maxItems} are the most: ask for smaller pages.`;
        context.reportError(new GraphQLError(message, { nodes: operation }));
      },
    };
  };
}

function sizeOf({ arguments: args = [] }: FieldNode, maxPageSize: number): number {
  const size = args.find(({ name }) => name.value === 'first' || name.value === 'last')?.value;
  // More or less than there can be is refused by the connection, which says why.
  return size?.kind === Kind.INT ? Math.max(0, Math.min(Number(size.value), maxPageSize)) : maxPageSize;
}
