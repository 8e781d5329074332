import { GraphQLError, parse } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { queryTooComplex } from '../budget/query-too-complex.ts';

/** Refuses documents with more than `maxTokens` tokens, and documents that overflow the stack of the parser. */
export function useMaxTokens(maxTokens: number): Plugin {
  return {
    onParse: ({ setParseFn }) =>
      setParseFn((source, options) => {
        try {
          return parse(source, { ...options, maxTokens });
        } catch (error) {
          // The parser is recursive, so even a short document can nest too deeply for the stack.
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
