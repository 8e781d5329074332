import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
} from 'graphql';

type Field = GraphQLField<unknown, unknown>;

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

function settleItems(field: Field): void {
  const { resolve = defaultFieldResolver } = field;
  field.resolve = (...args) => {
    const items: unknown = resolve(...args);
    return items instanceof Promise ? items.then(toPromises) : toPromises(items);
  };
}

function toPromises(items: unknown): unknown {
  return Array.isArray(items) ? items.map((item) => Promise.resolve(item)) : items;
}
