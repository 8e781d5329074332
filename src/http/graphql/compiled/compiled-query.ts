import {
  type FieldNode,
  type GraphQLFieldResolver,
  type GraphQLInterfaceType,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLUnionType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import type { Context } from '../../../context.ts';
import { exposedProperty } from '../../../schema/exposed-property.ts';
import { sizeOfField } from '../../../schema/limit-result.ts';
import { unsettledResolver } from '../../../schema/settle-list-items.ts';
import { type CollectOptions, collectFields } from './collect-fields.ts';

/** How a value becomes the value in the result. */
export type Shape = { isNonNull: boolean } & (
  | { kind: 'leaf'; serialize: GraphQLLeafType['serialize'] }
  | { kind: 'list'; item: Shape }
  | { kind: 'object'; fields: CompiledField[] }
  | AbstractShape
);

/** An object of one of several types. */
interface AbstractShape {
  kind: 'abstract';
  type: GraphQLInterfaceType | GraphQLUnionType;
  /** The field that has the object. */
  of: Pick<ResolvedField, 'nodes' | 'parentType' | 'definition'>;
  /** What is selected on a type. It is compiled for the first object of the type; undefined if it cannot be. */
  fieldsOn(type: GraphQLObjectType): CompiledField[] | undefined;
}

/** A field of a selection. Its name in the result is `key`. */
export type CompiledField = { key: string; kind: 'typename'; value: string } | ShownProperty | ResolvedField;

/** A field that shows a property of its object, and has no resolver. */
interface ShownProperty {
  key: string;
  kind: 'property';
  property: string;
  shape: Shape;
  /** What the field counts towards the budget. */
  bytesOf: (value: unknown) => number;
}

export interface ResolvedField {
  key: string;
  kind: 'resolver';
  shape: Shape;
  nodes: FieldNode[];
  parentType: GraphQLObjectType;
  definition: ReturnType<GraphQLObjectType['getFields']>[string];
  resolve: GraphQLFieldResolver<unknown, Context>;
}

/** A compiled field takes about 200 bytes, and with fragments a short document can select very many. */
const mostFields = 200;

/**
 * Compiles the selection of a query, or of a subscription on its events.
 *
 * @param options `variables` is not used: a document with a directive is not compiled.
 * @returns The fields of the root. Undefined for what only graphql-js executes: mutations, interfaces and unions of a
 *   query, directives, questions about the schema, and selections of more than 200 fields.
 */
export function compileQuery(
  operation: OperationDefinitionNode,
  options: CollectOptions,
): CompiledField[] | undefined {
  const isSubscription = operation.operation === OperationTypeNode.SUBSCRIPTION;
  const root = options.schema.getRootType(operation.operation);
  if (operation.operation === OperationTypeNode.MUTATION || !root) return undefined;
  if ([operation, ...options.fragments.values()].some(hasDirective)) return undefined;
  let count = 0;
  return fieldsOf(root, [operation.selectionSet]);

  function fieldsOf(type: GraphQLObjectType, sets: SelectionSetNode[]): CompiledField[] | undefined {
    const fields: CompiledField[] = [];
    for (const [key, nodes] of collectFields(options, type, sets)) {
      count += 1;
      // A plain object has no property of its own with this name.
      const field = count > mostFields || key === '__proto__' ? undefined : fieldOf(type, key, nodes);
      if (!field) return undefined;
      fields.push(field);
    }
    return fields;
  }

  function fieldOf(
    parentType: GraphQLObjectType,
    key: string,
    nodes: FieldNode[],
  ): CompiledField | undefined {
    const name = nodes[0]?.name.value ?? '';
    if (name === '__typename') return { key, kind: 'typename', value: parentType.name };
    const definition = parentType.getFields()[name];
    const resolve = definition && (unsettledResolver(definition) ?? definition.resolve);
    const shape = definition && shapeOf(definition.type, { nodes, parentType, definition });
    if (!resolve || !shape) return undefined;
    const property = exposedProperty(definition);
    if (property === undefined)
      return { key, kind: 'resolver', shape, nodes, parentType, definition, resolve };
    const sizeOf = sizeOfField(definition);
    return { key, kind: 'property', property, shape, bytesOf: (value) => key.length + sizeOf(value) };
  }

  function shapeOf(type: GraphQLOutputType, of: AbstractShape['of']): Shape | undefined {
    if (isNonNullType(type)) {
      const shape = shapeOf(type.ofType, of);
      return shape && { ...shape, isNonNull: true };
    }
    const isNonNull = false;
    if (isLeafType(type)) return { isNonNull, kind: 'leaf', serialize: type.serialize.bind(type) };
    if (isListType(type)) {
      const item = shapeOf(type.ofType, of);
      return item && { isNonNull, kind: 'list', item };
    }
    const sets = of.nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    if (isAbstractType(type)) {
      if (!isSubscription) return undefined;
      return { isNonNull, kind: 'abstract', type, of, fieldsOn: onceForEach((each) => fieldsOf(each, sets)) };
    }
    if (!isObjectType(type) || type.isTypeOf) return undefined;
    const fields = fieldsOf(type, sets);
    return fields && { isNonNull, kind: 'object', fields };
  }
}

function onceForEach<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new Map<Key, Value>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined || made.has(key)) return known as Value;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}

function hasDirective(definition: Parameters<typeof visit>[0]): boolean {
  let found = false;
  visit(definition, {
    Directive() {
      found = true;
    },
  });
  return found;
}
