import { refusal } from '../../errors.ts';
import { anyDocument, type FindDocument, sha256 } from './find-document.ts';
import { type RecentDocumentLimits, RecentDocuments } from './recent-documents.ts';

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
export function createAutomaticQueries(limits: RecentDocumentLimits): AutomaticQueries {
  const documents = new RecentDocuments<string>(limits);
  return {
    find(sent) {
      const hash = sent.sha256Hash?.toLowerCase();
      if (hash === undefined) return anyDocument(sent);
      const { query } = sent;
      if (query === undefined) {
        const document = documents.find(hash);
        if (document === undefined) throw refusal('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
        return document;
      }
      if (sha256(query) !== hash) throw refusal('PERSISTED_QUERY_MISMATCH', 'PersistedQueryMismatch');
      return query;
    },
    remember: (document) => documents.remember(sha256(document), document.length, document),
  };
}
