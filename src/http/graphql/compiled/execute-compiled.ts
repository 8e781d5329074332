import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql';
import type { Context } from '../../../context.ts';
import { limitResult } from '../../../limits/result-budget.ts';
import { fragmentsOf } from './collect-fields.ts';
import { type CompiledField, compileQuery, type ResolvedField, type Shape } from './compiled-query.ts';

type MaybePromise<T> = T | Promise<T>;
type Data = Record<string, unknown>;
type Path = { prev: Path; key: string | number; typename: string | undefined } | undefined;
type Info = Parameters<ResolvedField['resolve']>[3];

/** What `ResolveInfo` says of the operation, for all of its fields. */
type OperationInfo = Pick<Info, 'schema' | 'fragments' | 'rootValue' | 'operation' | 'variableValues'>;

interface CompiledQuery {
  operation: OperationDefinitionNode;
  fragments: Info['fragments'];
  fields: CompiledField[];
}

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
  const queries = new WeakMap<OperationDefinitionNode, CompiledQuery | 'left to graphql-js'>();
  const queryOf = ({ schema, document, operationName }: ExecutionArgs): CompiledQuery | undefined => {
    const operation = getOperationAST(document, operationName);
    if (!operation) return undefined;
    let query = queries.get(operation);
    if (query === undefined) {
      const fragments = fragmentsOf(document);
      const fields = compileQuery(operation, { schema, fragments, variables: {} });
      query = fields ? { operation, fragments: Object.fromEntries(fragments), fields } : 'left to graphql-js';
      queries.set(operation, query);
    }
    return query === 'left to graphql-js' ? undefined : query;
  };
  return (args) => {
    const query = queryOf(args);
    const variables = query && variablesOf(args.schema, query.operation, args.variableValues);
    if (!query || !variables) return otherwise(args);
    const context = args.contextValue as Context;
    const { operation, fragments, fields } = query;
    const execution = new Execution(context, {
      ...{ schema: args.schema, fragments, operation },
      rootValue: args.rootValue,
      variableValues: variables,
    });
    const finish = (data: Data | undefined): MaybePromise<ExecutionResult> => {
      if (data) return { data };
      const { resultBudget } = context;
      // A result that is too large would be too large again, and take the time twice.
      if (resultBudget.exceeded) return limitResult(resultBudget, {});
      resultBudget.begin();
      return otherwise(args);
    };
    const data = execution.run(fields);
    return data instanceof Promise ? data.then(finish) : finish(data);
  };
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
    const { definition, nodes, parentType, resolve } = field;
    const info = {
      ...{ fieldName: definition.name, fieldNodes: nodes, returnType: definition.type, parentType, path },
      ...this.#operation,
    };
    return resolve(source, this.#argsOf(field), this.#context, info);
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
