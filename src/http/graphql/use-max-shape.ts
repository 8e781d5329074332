import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import type { ValidationContext, ValidationRule } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { queryTooComplex } from './query-too-complex.ts';

export interface ShapeLimits {
  /** Fields within each other; what asks for the schema is left to graphql-js, which limits it too. */
  maxQueryDepth: number;
  maxQueryAliases: number;
  maxQueryDirectives: number;
}

/** Refuses documents that are too deep, or have too many aliases or directives. Fragments count where they are used. */
export function useMaxShape({ maxQueryDepth, maxQueryAliases, maxQueryDirectives }: ShapeLimits): Plugin {
  const rules = [
    maxDepthRule({
      n: maxQueryDepth,
      flattenFragments: true,
      ...refuse('MAX_QUERY_DEPTH', `The document is more than ${maxQueryDepth} fields deep.`),
    }),
    maxAliasesRule({
      n: maxQueryAliases,
      // Not even for __typename, which is an alias like any other.
      allowList: [],
      ...refuse('MAX_QUERY_ALIASES', `The document has more than ${maxQueryAliases} aliases.`),
    }),
    maxDirectivesRule({
      n: maxQueryDirectives,
      ...refuse('MAX_QUERY_DIRECTIVES', `The document has more than ${maxQueryDirectives} directives.`),
    }),
  ] as ValidationRule[];
  return { onValidate: ({ addValidationRule }) => rules.forEach(addValidationRule) };
}

/** Otherwise the library throws an error that calls itself one of syntax. */
function refuse(limit: `MAX_QUERY_${string}`, message: string) {
  return {
    propagateOnRejection: false,
    onReject: [(context: ValidationContext | null) => context?.reportError(queryTooComplex(limit, message))],
  };
}
