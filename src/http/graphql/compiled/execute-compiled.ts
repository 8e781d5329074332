import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  isObjectType,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import type { Context } from '../../../context.ts';
import { limitResult } from '../../../limits/result-budget.ts';
import { fragmentsOf } from './collect-fields.ts';
import { type CompiledField, compileQuery, type ResolvedField, type Shape } from './compiled-query.ts';

type MaybePromise<T> = T | Promise<T>;
type Data = Record<string, unknown>;
type Path = { prev: Path; key: string | number; typename: string | undefined } | undefined;
type Info = Parameters<ResolvedField['resolve']>[3];
type AbstractShape = Extract<Shape, { kind: 'abstract' }>;
/** What `ResolveInfo` says of the field. */
type FieldOfInfo = AbstractShape['of'];

/** What `ResolveInfo` says of the operation, for all of its fields. */
type OperationInfo = Pick<Info, 'schema' | 'fragments' | 'rootValue' | 'operation' | 'variableValues'>;

interface CompiledQuery {
  fragments: Info['fragments'];
  fields: CompiledField[];
}

/** A compiled query that is executed, and what its resolvers are told. */
interface PreparedQuery {
  fields: CompiledField[];
  info: OperationInfo;
}

/** The compiled queries and subscriptions, which are executed again and again. */
const queries = new WeakMap<OperationDefinitionNode, CompiledQuery | 'left to graphql-js'>();

/**
 * Returns a function that executes as graphql-js does, and compiles each query when it is first executed: graphql-js reads
 * the document anew for each object of the result. The resolvers are the same, with all that they check. A result is
 * made here only if it has no error. What cannot be compiled, and what fails, is left to graphql-js, which begins again:
 * a query changes nothing. `test/gateway/schema/compiled-queries.test.ts` compares both for random selections.
 *
 * @param otherwise Executes what is left to graphql-js.
 * @returns The function takes documents that were validated.
 */
export function createCompiledExecute(
  otherwise = execute,
): (args: ExecutionArgs) => MaybePromise<ExecutionResult> {
  return (args) => {
    const operation = getOperationAST(args.document, args.operationName);
    const isQuery = operation?.operation === OperationTypeNode.QUERY;
    const query = isQuery ? prepare(operation, args) : undefined;
    return query ? executeQuery(query, args, otherwise) : otherwise(args);
  };
}

/**
 * Returns a function that executes the selection of a subscription on one of its events, as `createCompiledExecute` does
 * with a query. `test/gateway/schema/compiled-events.test.ts` compares it with graphql-js.
 *
 * @param args Those of a subscription that has started, so its document and its variables are valid.
 */
export function compileEventExecution(
  args: ExecutionArgs,
  otherwise = execute,
): (event: unknown) => MaybePromise<ExecutionResult> {
  const operation = getOperationAST(args.document, args.operationName);
  const query = operation ? prepare(operation, args) : undefined;
  return (rootValue) => {
    const ofEvent = { ...args, rootValue };
    if (!query) return otherwise(ofEvent);
    const { fields, info } = query;
    return executeQuery({ fields, info: { ...info, rootValue } }, ofEvent, otherwise);
  };
}

/** Undefined if only graphql-js can execute the operation. */
function prepare(
  operation: OperationDefinitionNode,
  { schema, document, rootValue, variableValues: sent }: ExecutionArgs,
): PreparedQuery | undefined {
  let query = queries.get(operation);
  if (query === undefined) {
    const fragments = fragmentsOf(document);
    const fields = compileQuery(operation, { schema, fragments, variables: {} });
    query = fields ? { fragments: Object.fromEntries(fragments), fields } : 'left to graphql-js';
    queries.set(operation, query);
  }
  if (query === 'left to graphql-js') return undefined;
  const variableValues = variablesOf(schema, operation, sent);
  if (!variableValues) return undefined;
  const { fields, fragments } = query;
  return { fields, info: { schema, fragments, operation, rootValue, variableValues } };
}

function executeQuery(
  { fields, info }: PreparedQuery,
  args: ExecutionArgs,
  otherwise: typeof execute,
): MaybePromise<ExecutionResult> {
  const context = args.contextValue as Context;
  const finish = (data: Data | undefined): MaybePromise<ExecutionResult> => {
    if (data) return { data };
    const { resultBudget }: Partial<Context> = context;
    // A result that is too large would be too large again, and take the time twice.
    if (resultBudget?.exceeded) return limitResult(resultBudget, {});
    resultBudget?.begin();
    return otherwise(args);
  };
  const data = new Execution(context, info).run(fields);
  return data instanceof Promise ? data.then(finish) : finish(data);
}

/** Undefined if a variable is not valid. */
function variablesOf(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  sent: ExecutionArgs['variableValues'],
): Data | undefined {
  return getVariableValues(schema, variableDefinitions, sent ?? {}).coerced;
}

/** Thrown where graphql-js must go on: mostly because it would report an error. */
class ResultHasError extends Error {}

/** Executes a compiled query once. */
class Execution {
  readonly #context: Context;
  readonly #operation: OperationInfo;
  readonly #args = new Map<CompiledField, Data>();
  /** Values that have not come yet. */
  #awaited = 0;
  #failed = false;
  #whenAllCame: (() => void) | undefined;

  constructor(context: Context, operation: OperationInfo) {
    this.#context = context;
    this.#operation = operation;
  }

  /** The data of the result; undefined if it would have an error. Never rejects. */
  run(fields: readonly CompiledField[]): MaybePromise<Data | undefined> {
    let data: Data | undefined;
    try {
      data = this.#object(fields, this.#operation.rootValue, undefined);
    } catch {
      this.#failed = true;
    }
    const result = () => (this.#failed ? undefined : data);
    if (this.#awaited === 0) return result();
    return new Promise((resolve) => {
      this.#whenAllCame = () => resolve(result());
    });
  }

  #object(fields: readonly CompiledField[], source: unknown, path: Path): Data {
    const data: Data = {};
    for (const field of fields) {
      const { key } = field;
      if (field.kind === 'typename') {
        data[key] = field.value;
      } else if (field.kind === 'property') {
        const value = (source as Data)[field.property];
        if (isThenable(value)) throw new ResultHasError();
        this.#context.resultBudget.spend(field.bytesOf(value));
        data[key] = this.#complete(field.shape, value, path);
      } else {
        const fieldPath = { prev: path, key, typename: field.parentType.name };
        this.#put(data, key, field.shape, this.#resolve(field, source, fieldPath), fieldPath);
      }
    }
    return data;
  }

  #resolve(field: ResolvedField, source: unknown, path: NonNullable<Path>): unknown {
    return field.resolve(source, this.#argsOf(field), this.#context, this.#infoOf(field, path));
  }

  #infoOf({ definition, nodes, parentType }: FieldOfInfo, path: NonNullable<Path>): Info {
    return {
      ...{ fieldName: definition.name, fieldNodes: nodes, returnType: definition.type, parentType, path },
      ...this.#operation,
    };
  }

  /** What is selected on an object that can be of several types. */
  #fieldsOn(shape: AbstractShape, value: unknown, path: Path): CompiledField[] {
    const { schema } = this.#operation;
    const name =
      path && shape.type.resolveType?.(value, this.#context, this.#infoOf(shape.of, path), shape.type);
    const type = typeof name === 'string' ? schema.getType(name) : undefined;
    const fields =
      isObjectType(type) && !type.isTypeOf && schema.isSubType(shape.type, type)
        ? shape.fieldsOn(type)
        : undefined;
    if (!fields) throw new ResultHasError();
    return fields;
  }

  /** The arguments are the same for each object of a list. */
  #argsOf(field: ResolvedField): Data {
    const { definition, nodes } = field;
    if (definition.args.length === 0 || !nodes[0]) return {};
    const args =
      this.#args.get(field) ?? getArgumentValues(definition, nodes[0], this.#operation.variableValues);
    this.#args.set(field, args);
    return args;
  }

  /** Sets a value in the result, at once or when it comes. Either way the keys keep their order. */
  #put<Key extends string | number>(
    target: Record<Key, unknown>,
    key: Key,
    shape: Shape,
    value: unknown,
    path: Path,
  ): void {
    if (!isThenable(value)) {
      target[key] = this.#complete(shape, value, path);
      return;
    }
    target[key] = undefined;
    this.#awaited += 1;
    value.then(
      (come) => {
        this.#tryTo(() => {
          target[key] = this.#complete(shape, come, path);
        });
      },
      () =>
        this.#tryTo(() => {
          throw new ResultHasError();
        }),
    );
  }

  /** Does the rest of the work for a value that was awaited. */
  #tryTo(work: () => void): void {
    try {
      if (!this.#failed) work();
    } catch {
      this.#failed = true;
    }
    this.#awaited -= 1;
    if (this.#awaited === 0) this.#whenAllCame?.();
  }

  #complete(shape: Shape, value: unknown, path: Path): unknown {
    if (value === null || value === undefined) {
      if (shape.isNonNull) throw new ResultHasError();
      return null;
    }
    if (value instanceof Error || typeof value === 'function') throw new ResultHasError();
    if (shape.kind === 'object') return this.#object(shape.fields, value, path);
    if (shape.kind === 'abstract') return this.#object(this.#fieldsOn(shape, value, path), value, path);
    if (shape.kind === 'leaf') {
      const serialized: unknown = shape.serialize(value);
      if (serialized === null || serialized === undefined) throw new ResultHasError();
      return serialized;
    }
    if (!Array.isArray(value)) throw new ResultHasError();
    const items: unknown[] = [];
    for (const [index, item] of value.entries()) {
      this.#put(items, index, shape.item, item, { prev: path, key: index, typename: undefined });
    }
    return items;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
