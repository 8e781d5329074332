import {
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { createCost } from '../budget/document-cost.ts';
import { queryTooComplex } from '../budget/query-too-complex.ts';

export interface CostLimits {
  /** Highest cost of a query or a mutation. A field costs 1, and more where it is loaded or long: see `document-cost.ts`. */
  maxQueryCost: number;
  /** Highest cost of the selection of a subscription, which is executed for each event and each follower. */
  maxSubscriptionCost: number;
  /** Most root fields of a mutation. */
  maxMutationFields: number;
  /** Most items of one connection. Also assumed where the document does not give a literal number of items. */
  maxPageSize: number;
}

/**
 * Refuses a document that costs too much. Nested connections multiply: messages of a session have a session again, and a
 * few such levels, written in a hundred bytes, would fill the memory. The cost limit of graphql-armor is no alternative:
 * it counts a page as one item when its size is omitted or is a variable.
 */
export function useMaxCost(limits: CostLimits): Plugin {
  const rule = maxCostRule(limits);
  return { onValidate: ({ addValidationRule }) => addValidationRule(rule) };
}

export function maxCostRule(limits: CostLimits): ValidationRule {
  const { maxPageSize, maxMutationFields } = limits;
  return (context) => {
    const schema = context.getSchema();
    const costOf = createCost(schema, (name) => context.getFragment(name), maxPageSize);
    return {
      OperationDefinition({ operation, selectionSet }) {
        const [limit, maxCost] = maxCostOf(operation, limits);
        const cost = costOf(selectionSet, schema.getRootType(operation));
        if (cost > maxCost) {
          const message = `The document costs ${cost}, about one for each field of its result, and ${maxCost} is the limit: ask for smaller pages or fewer fields.`;
          context.reportError(queryTooComplex(limit, message));
        }
        if (operation !== OperationTypeNode.MUTATION) return;
        const keys = rootKeys(context, selectionSet);
        if (keys.size <= maxMutationFields) return;
        const message = `The mutation has ${keys.size} root fields, and ${maxMutationFields} is the limit.`;
        context.reportError(queryTooComplex('MAX_MUTATION_FIELDS', message));
      },
    };
  };
}

function maxCostOf(operation: OperationTypeNode, { maxQueryCost, maxSubscriptionCost }: CostLimits) {
  return operation === OperationTypeNode.SUBSCRIPTION
    ? (['MAX_SUBSCRIPTION_COST', maxSubscriptionCost] as const)
    : (['MAX_QUERY_COST', maxQueryCost] as const);
}

/** The keys of the root fields in a result, those in fragments too. */
function rootKeys(
  context: ValidationContext,
  { selections }: SelectionSetNode,
  keys = new Set<string>(),
  seen = new Set<string>(),
): Set<string> {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      keys.add((selection.alias ?? selection.name).value);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      rootKeys(context, selection.selectionSet, keys, seen);
    } else if (!seen.has(selection.name.value)) {
      seen.add(selection.name.value);
      const fragment = context.getFragment(selection.name.value);
      if (fragment) rootKeys(context, fragment.selectionSet, keys, seen);
    }
  }
  return keys;
}
