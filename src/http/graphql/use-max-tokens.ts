import { GraphQLError, parse } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Refuses documents of more tokens, and those that nest deeper than the recursive parser can follow. */
export function useMaxTokens(maxTokens: number): Plugin {
  return {
    onParse: ({ setParseFn }) =>
      setParseFn((source, options) => {
        try {
          return parse(source, { ...options, maxTokens });
        } catch (error) {
          // The parser is recursive: few tokens can be too deep for the stack.
          if (!(error instanceof RangeError)) throw error;
          throw new GraphQLError('The document is nested too deeply.');
        }
      }),
  };
}
