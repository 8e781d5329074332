import { GraphQLError, parse } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { queryTooComplex } from '../budget/query-too-complex.ts';

/** More lines than any document has. Comments are no tokens, and a text in triple quotes is one, but each line takes time. */
const maxLines = 50_000;

/** Refuses documents with more than `maxTokens` tokens, and documents that overflow the stack of the parser. */
export function useMaxTokens(maxTokens: number): Plugin {
  return {
    onParse: ({ setParseFn }) =>
      setParseFn((source, options) => {
        if (hasManyLines(typeof source === 'string' ? source : source.body)) {
          throw queryTooComplex('MAX_QUERY_TOKENS', `The document has more than ${maxLines} lines.`);
        }
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

function hasManyLines(document: string): boolean {
  if (document.length <= maxLines) return false;
  let lines = 0;
  for (let at = 0; at < document.length && lines <= maxLines; at += 1) {
    const code = document.charCodeAt(at);
    if (code === 10 || code === 13) lines += 1;
  }
  return lines > maxLines;
}
