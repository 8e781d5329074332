import type { DocumentNode } from 'graphql';
import type { Plugin, YogaInitialContext } from 'graphql-yoga';
import { RecentDocuments } from '../request/recent-documents.ts';

/** The documents that Yoga has found valid, by their text. */
export interface KnownDocuments {
  find(query: string): DocumentNode | undefined;
  remember(query: string, document: DocumentNode): void;
}

/** As many documents as Yoga's own cache has. A parsed document takes about a hundred times the memory of its text. */
const limits = { maxDocuments: 1_024, maxCharacters: 500_000 };

export function createKnownDocuments(): KnownDocuments {
  const documents = new RecentDocuments<DocumentNode>(limits);
  return {
    find: (query) => documents.find(query),
    remember: (query, document) => documents.remember(query, query.length, document),
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
