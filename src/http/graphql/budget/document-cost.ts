import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
} from 'graphql';
import { defaultPageSize } from '../../../schema/paging/page.ts';

// Lists that are longer than assumed here, and texts, are counted while they are executed: see `ResultBudget`.

/** The most items of a list that is not a connection, by type and field. */
const listSizes: Record<string, number> = {
  'Message.toolCalls': 40,
  'Message.attachments': 10,
  'Message.workspaceManifests': 100,
  'RunCancelled.toolCalls': 100,
  'CancelReceipt.toolCalls': 100,
  'Session.nodes': 100,
  'TokenUsage.byModel': 20,
  'Workspace.conflicts': 100,
  'Query.models': 100,
  'Viewer.tags': 100,
  'Query.usage': 100,
};
/** Items assumed in such a list for each item of a page, because few items have the most. */
const listSize = 10;

/** By how many fields a field costs more than it looks, by type and field. */
const fieldWeights: Record<string, number> = {
  // It adds up the days of many users.
  'Query.usage': 100,
  // The first of these loads all files of the workspace, if nobody has done so before.
  'Workspace.entries': 100,
  'Workspace.files': 100,
  'Workspace.manifestHash': 100,
  // It counts the sessions of each tag.
  'Viewer.tags': 100,
  // It reads up to 1 MB from the blob store.
  'WorkspaceFile.text': 20,
};

/** The names of fields with texts that may be long. Each costs one field more. */
const longTexts = new Set(['args', 'content', 'reasoning', 'result', 'systemPrompt']);
/**
 * The types whose objects are loaded from the database, and by how many fields one costs more: it takes as much time as
 * so many fields that only read a column. An item of a list without pages costs nothing more.
 */
const loadedWeights: Record<string, number> = {
  AgentNode: 1,
  Attachment: 3,
  Message: 3,
  MessageAudio: 3,
  MessageConnection: 3,
  Run: 3,
  RunConnection: 3,
  Session: 3,
  TokenUsage: 3,
  Workspace: 3,
  WorkspaceFile: 3,
};
/** Counting a long list takes as much time as this many fields. */
const countWeight = 100;
/** A field that changes something writes to the disk, which costs as much as this many fields. */
const mutationWeight = 100;
/** A key costs as much as one field for each of these many characters, because it is repeated in each item of a list. */
const keyLength = 64;

type Field = GraphQLField<unknown, unknown>;
type MaybeType = GraphQLNamedType | null | undefined;

/** The cost of a selection on a type. */
type Cost = (selectionSet: SelectionSetNode, type: MaybeType) => number;
/** Where a selection stands. */
interface Place {
  /** How many items a list without a size of its own is assumed to have, such as the edges of a connection. */
  pageSize: number;
  /** Whether the selection is executed for each item of a page. */
  isInPage: boolean;
}

/** @param getFragment Finds a fragment of the document by its name. */
export function createCost(
  schema: GraphQLSchema,
  getFragment: (name: string) => FragmentDefinitionNode | null | undefined,
  maxPageSize: number,
): Cost {
  const fragments = new Map<string, number>();
  const costOf = ({ selections }: SelectionSetNode, type: MaybeType, place: Place): number => {
    let cost = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        cost += costOfField(selection, type, place);
      } else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        cost += costOfFragment(selection.name.value, place);
      } else {
        const { selectionSet, typeCondition } = selection;
        cost += costOf(selectionSet, typeCondition ? schema.getType(typeCondition.name.value) : type, place);
      }
    }
    return cost;
  };
  const costOfField = (node: FieldNode, type: MaybeType, place: Place): number => {
    const field = fieldOf(type, node.name.value);
    if (!type || !field) return 1 + weightOfKey(node);
    const weight = weightOf(node, field, type);
    if (!node.selectionSet) return weight;
    const fieldType = getNamedType(field.type);
    const isConnection = fieldType.name.endsWith('Connection');
    const items = isList(field) ? lengthOf(`${type.name}.${field.name}`, place) : 1;
    const inner = {
      pageSize: isConnection ? sizeOf(node, maxPageSize) : listSize,
      isInPage: place.isInPage || type.name.endsWith('Connection'),
    };
    return weight + items * costOf(node.selectionSet, fieldType, inner);
  };
  const costOfFragment = (name: string, place: Place): number => {
    const key = `${name} ${place.pageSize} ${place.isInPage}`;
    const known = fragments.get(key);
    if (known !== undefined) return known;
    // Stop at a fragment that contains itself. Another rule refuses it.
    fragments.set(key, 0);
    const fragment = getFragment(name);
    const type = fragment && schema.getType(fragment.typeCondition.name.value);
    const cost = fragment ? costOf(fragment.selectionSet, type, place) : 0;
    fragments.set(key, cost);
    return cost;
  };
  return (selectionSet, type) => costOf(selectionSet, type, { pageSize: maxPageSize, isInPage: false });
}

function lengthOf(field: string, { pageSize, isInPage }: Place): number {
  const length = listSizes[field];
  if (length === undefined) return pageSize;
  return isInPage ? Math.min(length, listSize) : length;
}

/** The cost of a field without the fields below it. */
function weightOf(node: FieldNode, field: Field, parent: GraphQLNamedType): number {
  const loaded = isList(field) ? 0 : (loadedWeights[getNamedType(field.type).name] ?? 0);
  return (
    1 +
    loaded +
    (fieldWeights[`${parent.name}.${field.name}`] ?? 0) +
    (field.name === 'totalCount' ? countWeight : 0) +
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
  const sizes = args.filter(({ name }) => name.value === 'first' || name.value === 'last');
  if (sizes.length === 0) return Math.min(defaultPageSize, maxPageSize);
  const [size] = sizes.length === 1 ? sizes : [];
  // The connection refuses a size out of range and says why.
  if (size?.value.kind === Kind.INT) return Math.max(0, Math.min(Number(size.value.value), maxPageSize));
  return size?.value.kind === Kind.NULL ? Math.min(defaultPageSize, maxPageSize) : maxPageSize;
}
