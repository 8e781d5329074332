import type { DocumentNode } from 'graphql';
import type { Plugin, YogaInitialContext } from 'graphql-yoga';

/** The documents that Yoga has found valid, by their text. */
export interface KnownDocuments {
  find(query: string): DocumentNode | undefined;
  remember(query: string, document: DocumentNode): void;
}

/** As many as Yoga's own cache of parsed documents. */
const maxDocuments = 1_024;
/** A parsed document takes about a hundred times the memory of its text. */
const maxCharacters = 500_000;

/** Remembers documents in memory. Those that were not used for the longest time are forgotten. */
export function createKnownDocuments(): KnownDocuments {
  // A Map lists its keys in the order in which they were set.
  const documents = new Map<string, DocumentNode>();
  let characters = 0;
  const forget = (query: string) => {
    if (documents.delete(query)) characters -= query.length;
  };
  const remember = (query: string, document: DocumentNode) => {
    if (query.length > maxCharacters / 10) return;
    forget(query);
    documents.set(query, document);
    characters += query.length;
    for (const oldest of documents.keys()) {
      if (documents.size <= maxDocuments && characters <= maxCharacters) break;
      forget(oldest);
    }
  };
  return {
    find(query) {
      const document = documents.get(query);
      if (document) remember(query, document);
      return document;
    },
    remember,
  };
}

/** Remembers each document that has passed all rules of all plugins. */
export function useKnownDocuments(known: KnownDocuments): Plugin {
  return {
    onValidate({ context, params: { documentAST } }) {
      const { params } = context as Partial<YogaInitialContext>;
      return ({ valid }) => {
        if (valid && params?.query) known.remember(params.query, documentAST);
      };
    },
  };
}
