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
  OperationTypeNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { queryTooComplex } from './query-too-complex.ts';

export interface CostLimits {
  /** Highest cost of a query or a mutation. A field costs 1, and more where it is loaded or long: see `weightOf`. */
  maxQueryCost: number;
  /** Highest cost of the selection of a subscription, which is executed for each event and each follower. */
  maxSubscriptionCost: number;
  /** Most root fields of a mutation. */
  maxMutationFields: number;
  /** Most items of one connection. Also assumed where the document does not give a literal number of items. */
  maxPageSize: number;
}

/**
 * Items assumed in a list that is not a connection, by type and field. Lists that are longer are stopped while they are
 * executed.
 */
const listSizes: Record<string, number> = {
  'Message.toolCalls': 40,
  'RunCancelled.toolCalls': 100,
  'CancelReceipt.toolCalls': 100,
  'Session.nodes': 100,
  'TokenUsage.byModel': 20,
  'Query.models': 100,
};
const listSize = 10;

/** The names of fields with texts that may be long. Each costs one field more. */
const longTexts = new Set(['args', 'content', 'reasoning', 'result', 'systemPrompt']);
/**
 * The types whose objects are loaded from the database, and by how many fields one costs more: it takes as much time as
 * so many fields that only read a column. An item of a list without pages costs nothing more.
 */
const loadedWeights: Record<string, number> = {
  AgentNode: 1,
  Message: 3,
  MessageAudio: 3,
  MessageConnection: 3,
  Run: 3,
  Session: 3,
  TokenUsage: 3,
  Workspace: 3,
};
/** A field that changes something writes to the disk, which costs as much as this many fields. */
const mutationWeight = 100;
/** A key costs as much as one field for each of these many characters, because it is repeated in each item of a list. */
const keyLength = 64;

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
    const costOf = createCost(context, maxPageSize);
    return {
      OperationDefinition({ operation, selectionSet }) {
        const [limit, maxCost] = maxCostOf(operation, limits);
        const cost = costOf(selectionSet, context.getSchema().getRootType(operation), maxPageSize);
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
      keys.add(keyOf(selection));
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

type Field = GraphQLField<unknown, unknown>;
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
    if (!type || !field) return 1 + weightOfKey(node);
    const weight = weightOf(node, field, type);
    if (!node.selectionSet) return weight;
    const fieldType = getNamedType(field.type);
    const isConnection = fieldType.name.endsWith('Connection');
    const items = isList(field) ? (listSizes[`${type.name}.${field.name}`] ?? pageSize) : 1;
    const innerSize = isConnection ? sizeOf(node, maxPageSize) : listSize;
    return weight + items * costOf(node.selectionSet, fieldType, innerSize);
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

/** The cost of a field without the fields below it. */
function weightOf(node: FieldNode, field: Field, parent: GraphQLNamedType): number {
  const loaded = isList(field) ? 0 : (loadedWeights[getNamedType(field.type).name] ?? 0);
  return (
    1 +
    loaded +
    (longTexts.has(field.name) ? 1 : 0) +
    (parent.name === 'Mutation' ? mutationWeight : 0) +
    weightOfKey(node)
  );
}

function weightOfKey(node: FieldNode): number {
  return Math.floor(keyOf(node).length / keyLength);
}

function keyOf({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}

function isList({ type }: Field): boolean {
  return isListType(getNullableType(type));
}

function fieldOf(type: MaybeType, name: string): Field | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

function sizeOf({ arguments: args = [] }: FieldNode, maxPageSize: number): number {
  const size = args.find(({ name }) => name.value === 'first' || name.value === 'last')?.value;
  // The connection refuses a size out of range and says why.
  return size?.kind === Kind.INT ? Math.max(0, Math.min(Number(size.value), maxPageSize)) : maxPageSize;
}
