import { readFileSync } from 'node:fs';
import { buildSchema, type ExecutionResult, execute, subscribe, validate } from 'graphql';
import type { Executor } from '../../src/schema/executor.ts';

type Resolver = (args: Record<string, unknown>) => unknown;

/** An executor over `schema.graphql`. A test scripts the root fields of Query, Mutation and Subscription. */
export interface GraphqlDouble extends Executor {
  /** Replaces the resolvers of all root fields, and forgets the calls. A field without a resolver returns null. */
  script(fields: Record<string, Resolver>): void;
  /** The operation and variables of every document that was executed, in order. */
  calls: { operation: string; variables: unknown }[];
}

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

/** @param script Resolvers of root fields, by name. A resolver of a subscription returns a source of root values. */
export function createGraphqlDouble(script: Record<string, Resolver> = {}): GraphqlDouble {
  let fields = script;
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
    calls,
    script(next) {
      fields = next;
      calls.length = 0;
    },
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
