import type { Grammar } from './languages.ts';
import type { Mark } from './marks.ts';

/** What the page sends to the worker: code that is to be highlighted. */
export interface HighlightRequest {
  readonly code: string;
  readonly grammar: Grammar;
}

/**
 * What the worker sends. First `begun`, when the grammar is loaded and the reading begins, then the marks; undefined for
 * code that cannot be highlighted.
 */
export type HighlightReply = { readonly begun: true } | { readonly marks: readonly Mark[] | undefined };
