import type { DocumentNode } from 'graphql';

/** A document that knows the types of its result and its variables, as GraphQL Code Generator writes it. */
interface TypedDocument<D, V> {
  __apiType?: ((variables: V) => D) | undefined;
}

/** A `TypedDocumentNode`, a `TypedDocumentString`, or one without types. */
export type Document<D, V> = TypedDocument<D, V> | DocumentNode | string;

/** The function `print` of graphql-js. */
export type Print = (document: DocumentNode) => string;

/** @throws TypeError for a syntax tree without `print`. */
export function textOf(document: Document<unknown, never>, print: Print | undefined): string {
  if (typeof document === 'string' || document instanceof String) return String(document);
  if (print) return print(document as DocumentNode);
  throw new TypeError('This document is a syntax tree: give the client `print` of "graphql".');
}
