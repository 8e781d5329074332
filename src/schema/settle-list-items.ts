import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
} from 'graphql';
import type { Context } from '../context.ts';

type Field = GraphQLField<unknown, unknown>;

/** Begins to read, given the first row of a list, what a field needs for all of its rows. */
type ReadAhead<Row> = (row: Row, context: Context) => unknown;

/** The extensions of a field whose rows are read for a whole list at once: see `settleListItems`. */
export function readAhead<Row>(read: ReadAhead<Row>): { readAhead: ReadAhead<Row> } {
  return { readAhead: read };
}

/**
 * Makes each list of objects a list of promises, so that no failing item can end the process.
 *
 * graphql-js 16 completes the items of a list one after the other. When an item fails at once (a resolver throws, a field
 * that must not be null is null, a number does not fit into an `Int`), it forgets the promises of the items before it.
 * If one of these rejects later, nothing handles the rejection, and Node.js ends the process. An item that is a promise
 * is completed later, so it cannot fail at once.
 */
export function settleListItems(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (isListOfObjects(field)) settleItems(field);
    }
  }
}

function isListOfObjects({ type }: Field): boolean {
  return isListType(getNullableType(type)) && isCompositeType(getNamedType(type));
}

const extension = 'switchyardUnsettled';

/**
 * The resolver of a list of objects without the promises of `settleListItems`, for code that forgets no promise. Undefined
 * for other fields.
 */
export function unsettledResolver(field: Pick<Field, 'extensions'>): Field['resolve'] {
  return field.extensions[extension] as Field['resolve'];
}

function settleItems(field: Field): void {
  const { resolve = defaultFieldResolver } = field;
  const itemType = getNamedType(field.type);
  const unsettled: typeof resolve = (source, args, context, info) => {
    const readFor = (items: unknown) => {
      const reading = startReading(items, itemType, context, info);
      return reading ? reading.then(() => items) : items;
    };
    const items: unknown = resolve(source, args, context, info);
    return items instanceof Promise ? items.then(readFor) : readFor(items);
  };
  field.extensions = { ...field.extensions, [extension]: unsettled };
  field.resolve = (...args) => {
    const items: unknown = unsettled(...args);
    return items instanceof Promise ? items.then(toPromises) : toPromises(items);
  };
}

/**
 * Starts to read what belongs to all rows of a list, if the selection names a field with the extension `readAhead`. The
 * first row that asks reads it for the whole list, but if this takes a turn of the event loop, each of the other rows
 * would wait with several promises of its own. A field in a fragment or with a directive is not read ahead.
 *
 * @returns Undefined if there is nothing to wait for. Never rejects: the field itself fails then.
 */
function startReading(
  items: unknown,
  itemType: GraphQLNamedType,
  context: unknown,
  { fieldNodes }: GraphQLResolveInfo,
): Promise<unknown> | undefined {
  if (!Array.isArray(items) || items.length < 2 || !isObjectType(itemType)) return undefined;
  const fields = itemType.getFields();
  for (const selection of fieldNodes[0]?.selectionSet?.selections ?? []) {
    if (selection.kind !== Kind.FIELD || selection.directives?.length) continue;
    const read = fields[selection.name.value]?.extensions['readAhead'] as ReadAhead<unknown> | undefined;
    const reading = read && tryTo(() => read(items[0], context as Context));
    if (reading instanceof Promise) return reading.catch(() => undefined);
  }
  return undefined;
}

function tryTo(work: () => unknown): unknown {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function toPromises(items: unknown): unknown {
  return Array.isArray(items) ? items.map((item) => Promise.resolve(item)) : items;
}
