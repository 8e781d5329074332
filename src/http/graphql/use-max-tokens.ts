import { GraphQLError, parse } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { queryTooComplex } from './query-too-complex.ts';

/** Refuses documents of more tokens, and those that nest deeper than the recursive parser can follow. */
export function useMaxTokens(maxTokens: number): Plugin {
  return {
    onParse: ({ setParseFn }) =>
      setParseFn((source, options) => {
        try {
          return parse(source, { ...options, maxTokens });
        } catch (error) {
          // The parser is recursive: few tokens can be too deep for the stack.
          if (error instanceof RangeError)
            throw queryTooComplex('MAX_QUERY_DEPTH', 'The document is nested too deeply.');
          if (!isTooLong(error)) throw error;
          throw queryTooComplex('MAX_QUERY_TOKENS', `The document has more than ${maxTokens} tokens.`);
        }
      }),
  };
}

function isTooLong(error: unknown): boolean {
  return error instanceof GraphQLError && /Document contains more tha[nt] \d+ tokens/.test(error.message);
}
