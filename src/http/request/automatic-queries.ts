import { refusal } from '../../errors.ts';
import { anyDocument, type FindDocument, sha256 } from './find-document.ts';

export interface AutomaticQueriesOptions {
  /** Most documents that are remembered. */
  maxDocuments: number;
  /** Most characters of all remembered documents together. A document of more than a tenth of it is not remembered. */
  maxCharacters: number;
}

/** Documents that clients may send again as a hash: Apollo's automatic persisted queries. */
export interface AutomaticQueries {
  /** Accepts any document, and the hash of a document that is remembered. */
  readonly find: FindDocument;
  /** Remembers a document that is valid. The documents that were not used for the longest time are forgotten. */
  remember(document: string): void;
}

/**
 * Remembers documents in memory, for all users. Another gateway, or this one after a restart, does not know them: clients
 * then send the document once more.
 */
export function createAutomaticQueries(options: AutomaticQueriesOptions): AutomaticQueries {
  const { maxDocuments, maxCharacters } = options;
  // A Map lists its keys in the order in which they were set.
  const documents = new Map<string, string>();
  let characters = 0;
  const forget = (hash: string) => {
    characters -= documents.get(hash)?.length ?? 0;
    documents.delete(hash);
  };
  const keep = (hash: string, document: string) => {
    forget(hash);
    documents.set(hash, document);
    characters += document.length;
    for (const oldest of documents.keys()) {
      if (documents.size <= maxDocuments && characters <= maxCharacters) break;
      forget(oldest);
    }
  };
  return {
    find(sent) {
      const hash = sent.sha256Hash?.toLowerCase();
      if (hash === undefined) return anyDocument(sent);
      const { query } = sent;
      if (query === undefined) {
        const document = documents.get(hash);
        if (document === undefined) throw refusal('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
        keep(hash, document);
        return document;
      }
      if (sha256(query) !== hash) throw refusal('PERSISTED_QUERY_MISMATCH', 'PersistedQueryMismatch');
      return query;
    },
    remember(document) {
      if (document.length <= maxCharacters / 10) keep(sha256(document), document);
    },
  };
}
