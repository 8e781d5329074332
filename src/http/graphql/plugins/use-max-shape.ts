import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import type { ValidationContext, ValidationRule } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { queryTooComplex } from '../budget/query-too-complex.ts';

export interface ShapeLimits {
  /** Levels of nested fields. Introspection fields do not count, because graphql-js limits them itself. */
  maxQueryDepth: number;
  maxQueryAliases: number;
  maxQueryDirectives: number;
}

/** Refuses documents with too many levels, aliases or directives. A fragment counts each time it is used. */
export function useMaxShape({ maxQueryDepth, maxQueryAliases, maxQueryDirectives }: ShapeLimits): Plugin {
  const rules = [
    maxDepthRule({
      n: maxQueryDepth,
      flattenFragments: true,
      ...report('MAX_QUERY_DEPTH', `The document is more than ${maxQueryDepth} fields deep.`),
    }),
    maxAliasesRule({
      n: maxQueryAliases,
      // By default graphql-armor does not count aliases of `__typename`.
      allowList: [],
      ...report('MAX_QUERY_ALIASES', `The document has more than ${maxQueryAliases} aliases.`),
    }),
    maxDirectivesRule({
      n: maxQueryDirectives,
      ...report('MAX_QUERY_DIRECTIVES', `The document has more than ${maxQueryDirectives} directives.`),
    }),
  ] as ValidationRule[];
  return { onValidate: ({ addValidationRule }) => rules.forEach(addValidationRule) };
}

/** Reports our own error. By default graphql-armor throws an error that calls itself a syntax error. */
function report(limit: `MAX_QUERY_${string}`, message: string) {
  return {
    propagateOnRejection: false,
    onReject: [(context: ValidationContext | null) => context?.reportError(queryTooComplex(limit, message))],
  };
}
