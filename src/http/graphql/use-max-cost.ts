import {
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { queryTooComplex } from './query-too-complex.ts';

export interface CostLimits {
  /** Most fields that a result may have. */
  maxQueryCost: number;
  /** Most items of one connection. Also assumed where the document does not give a literal number of items. */
  maxPageSize: number;
}

/** Items assumed in a list that is not a connection. */
const listSize = 10;

/**
 * Refuses a document if its result may have more than `maxQueryCost` fields. Nested connections multiply: messages of a
 * session have a session again, and a few such levels, written in a hundred bytes, would fill the memory. The cost
 * limit of graphql-armor is no alternative: it counts a page as one item when its size is omitted or is a variable.
 */
export function useMaxCost({ maxQueryCost, maxPageSize }: CostLimits): Plugin {
  const rule: ValidationRule = (context) => {
    const costOf = createCost(context, maxPageSize);
    return {
      OperationDefinition(operation) {
        const cost = costOf(
          operation.selectionSet,
          context.getSchema().getRootType(operation.operation),
          maxPageSize,
        );
        if (cost <= maxQueryCost) return;
        const message = `The result may have ${cost} fields, and ${maxQueryCost} is the limit: ask for smaller pages.`;
        context.reportError(queryTooComplex('MAX_QUERY_COST', message));
      },
    };
  };
  return { onValidate: ({ addValidationRule }) => addValidationRule(rule) };
}

type MaybeType = GraphQLNamedType | null | undefined;
type Cost = (selectionSet: SelectionSetNode, type: MaybeType, pageSize: number) => number;

function createCost(context: ValidationContext, maxPageSize: number): Cost {
  const schema = context.getSchema();
  const fragments = new Map<string, number>();
  const costOf: Cost = ({ selections }, type, pageSize) => {
    let cost = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        cost += costOfField(selection, type, pageSize);
      } else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        cost += costOfFragment(selection.name.value, pageSize);
      } else {
        const { selectionSet, typeCondition } = selection;
        cost += costOf(
          selectionSet,
          typeCondition ? schema.getType(typeCondition.name.value) : type,
          pageSize,
        );
      }
    }
    return cost;
  };
  const costOfField = (node: FieldNode, type: MaybeType, pageSize: number): number => {
    const field = fieldOf(type, node.name.value);
    if (!node.selectionSet || !field) return 1;
    const items = isListType(getNullableType(field.type)) ? pageSize : 1;
    const fieldType = getNamedType(field.type);
    const isConnection = fieldType.name.endsWith('Connection');
    return (
      1 + items * costOf(node.selectionSet, fieldType, isConnection ? sizeOf(node, maxPageSize) : listSize)
    );
  };
  const costOfFragment = (name: string, pageSize: number): number => {
    const key = `${name} ${pageSize}`;
    const known = fragments.get(key);
    if (known !== undefined) return known;
    // Stop at a fragment that contains itself. Another rule refuses it.
    fragments.set(key, 0);
    const fragment = context.getFragment(name);
    const type = fragment && schema.getType(fragment.typeCondition.name.value);
    const cost = fragment ? costOf(fragment.selectionSet, type, pageSize) : 0;
    fragments.set(key, cost);
    return cost;
  };
  return costOf;
}

function fieldOf(type: MaybeType, name: string): GraphQLField<unknown, unknown> | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

function sizeOf({ arguments: args = [] }: FieldNode, maxPageSize: number): number {
  const size = args.find(({ name }) => name.value === 'first' || name.value === 'last')?.value;
  // The connection refuses a size out of range and says why.
  return size?.kind === Kind.INT ? Math.max(0, Math.min(Number(size.value), maxPageSize)) : maxPageSize;
}
