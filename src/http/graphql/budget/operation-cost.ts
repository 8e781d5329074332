import { type DocumentNode, type GraphQLSchema, getOperationAST } from 'graphql';
import { fragmentsOf } from '../compiled/collect-fields.ts';
import { createCost } from './document-cost.ts';

/** The cost of an operation of a document: the most that it may cost under the assumptions of `useMaxCost`. */
export type OperationCost = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
) => number;

/** Remembers each document's cost, because a parsed document is executed many times. */
export function createOperationCost(maxPageSize: number): OperationCost {
  const known = new WeakMap<object, number>();
  return (schema, document, operationName) => {
    const operation = getOperationAST(document, operationName);
    if (!operation) return 0;
    const cost = known.get(operation) ?? measure(schema, document, operation);
    known.set(operation, cost);
    return cost;
  };

  function measure(
    schema: GraphQLSchema,
    document: DocumentNode,
    { operation, selectionSet }: NonNullable<ReturnType<typeof getOperationAST>>,
  ): number {
    const fragments = fragmentsOf(document);
    const costOf = createCost(schema, (name) => fragments.get(name), maxPageSize);
    return costOf(selectionSet, schema.getRootType(operation));
  }
}
