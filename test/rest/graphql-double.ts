import { readFileSync } from 'node:fs';
import { buildSchema, type ExecutionResult, execute, subscribe, validate } from 'graphql';
import type { Executor } from '../../src/rest/route/executor.ts';

type Resolver = (args: Record<string, unknown>) => unknown;

/** An executor over `schema.graphql` in which every field of Query, Mutation and Subscription is scripted. */
export interface GraphqlDouble extends Executor {
  /** The scripted fields; one that is missing resolves to null. */
  fields: Record<string, Resolver>;
  /** The variables of every document executed, in order. */
  calls: { operation: string; variables: unknown }[];
}

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

/** @param fields Resolvers of root fields, by name; those of a subscription return a source of root values. */
export function createGraphqlDouble(fields: Record<string, Resolver> = {}): GraphqlDouble {
  const calls: GraphqlDouble['calls'] = [];

  const prepare = (document: Parameters<typeof validate>[1], variables: unknown) => {
    const [definition] = document.definitions;
    const operation = definition?.kind === 'OperationDefinition' ? (definition.name?.value ?? '') : '';
    calls.push({ operation, variables });
    const [error] = validate(schema, document);
    if (error) throw error;
    const variableValues = variables as Record<string, unknown>;
    return { schema, document, variableValues, rootValue: fields };
  };

  return {
    fields,
    calls,
    async execute<D>(document: Parameters<typeof validate>[1], variables: unknown) {
      return (await execute(prepare(document, variables))) as ExecutionResult<D>;
    },
    async subscribe<D>(
      document: Parameters<typeof validate>[1],
      variables: unknown,
      _request: Request,
      signal: AbortSignal,
    ) {
      const results = await subscribe(prepare(document, variables));
      if (!(Symbol.asyncIterator in results)) return results as ExecutionResult<D>;
      signal.addEventListener('abort', () => void results.return(undefined), { once: true });
      return results as AsyncIterable<ExecutionResult<D>>;
    },
  };
}
