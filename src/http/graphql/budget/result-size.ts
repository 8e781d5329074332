import {
  type DocumentNode,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isObjectType,
} from 'graphql';
import { sizeOfField } from '../../../schema/limit-result.ts';
import { collectFields, fragmentsOf } from '../compiled/collect-fields.ts';

/** What a result counts towards its budget. */
export interface ResultSize {
  fields: number;
  /** Of the keys and the values. */
  bytes: number;
}

interface Counter {
  /** The fields of one object of this type, and what of their size does not depend on its values. */
  constant: ResultSize;
  /** Fields whose values have different sizes. */
  varying: { key: string; bytesOf: (value: unknown) => number }[];
  /** Fields with objects below them. */
  nested: { key: string; counter: Counter }[];
  /** Fields that a variable may leave out of the result. They count only where they are in it. */
  optional: { key: string; bytes: number }[];
}

/**
 * Returns a function that counts the data of a document's result as `limitResults` does while graphql-js executes it.
 * The types of the document must be objects, because the data does not tell which type an interface has become.
 */
export function createResultSize(
  schema: GraphQLSchema,
  document: DocumentNode,
): (data: object) => ResultSize {
  const operation = getOperationAST(document);
  const root = operation && schema.getRootType(operation.operation);
  if (!operation || !root) throw new Error('The document must have one operation.');
  // The only condition of these documents. A field that it leaves out is not in the data.
  const options = { schema, fragments: fragmentsOf(document), variables: { counts: true } };
  const counter = counterOf(root, [operation.selectionSet]);
  return (data) => {
    const size = { fields: 0, bytes: 0 };
    count(data as Record<string, unknown>, counter, size);
    return size;
  };

  function counterOf(type: GraphQLObjectType, sets: FieldNode['selectionSet'][]): Counter {
    const counter: Counter = { constant: { fields: 0, bytes: 0 }, varying: [], nested: [], optional: [] };
    const selections = sets.flatMap((set) => set ?? []);
    for (const [key, nodes] of collectFields(options, type, selections)) {
      const field = type.getFields()[nodes[0]?.name.value ?? ''];
      if (!field) throw new Error(`${type.name} has no field ${key}.`);
      const bytesOf = sizeOfField(field);
      const bytes = key.length + bytesOf(null);
      if (nodes[0]?.directives?.length) {
        counter.optional.push({ key, bytes });
        continue;
      }
      counter.constant.fields += 1;
      counter.constant.bytes += bytes;
      const named = getNamedType(field.type);
      if (isObjectType(named)) {
        counter.nested.push({
          key,
          counter: counterOf(
            named,
            nodes.map((node) => node.selectionSet),
          ),
        });
      } else if (bytesOf('text') !== bytesOf(null)) {
        counter.varying.push({ key, bytesOf: (value) => bytesOf(value) - bytesOf(null) });
      }
    }
    return counter;
  }
}

function count(data: Record<string, unknown>, counter: Counter, size: ResultSize): void {
  const { constant, varying, nested, optional } = counter;
  size.fields += constant.fields;
  size.bytes += constant.bytes;
  for (const { key, bytesOf } of varying) {
    const value = data[key];
    if (value !== null) size.bytes += bytesOf(value);
  }
  for (const { key, bytes } of optional) {
    if (data[key] === undefined) continue;
    size.fields += 1;
    size.bytes += bytes;
  }
  for (const { key, counter: below } of nested) {
    const value = data[key];
    if (Array.isArray(value)) for (const item of value) count(item, below, size);
    else if (value !== null) count(value as Record<string, unknown>, below, size);
  }
}
