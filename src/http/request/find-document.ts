import { createHash } from 'node:crypto';
import { refusal } from '../../errors.ts';

/** The document of a request, or its hash, or both, as the client sent them. */
interface SentDocument {
  query: string | undefined;
  /** `extensions.persistedQuery.sha256Hash`, in hexadecimal digits. */
  sha256Hash: string | undefined;
}

/**
 * Finds the document of a request.
 *
 * @throws GatewayError when the document is missing or not accepted.
 */
export type FindDocument = (sent: SentDocument) => string;

/** Accepts any document, and needs one. */
export const anyDocument: FindDocument = ({ query }) => {
  if (query === undefined) throw refusal('BAD_REQUEST', 'The parameter "query" is missing.');
  return query;
};

/** The SHA-256 of a document, in hexadecimal digits. */
export function sha256(document: string): string {
  return createHash('sha256').update(document).digest('hex');
}
