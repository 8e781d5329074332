import { refusal } from '../../errors.ts';

/** What a request says of its document; either may be missing. */
interface SentDocument {
  query: string | undefined;
  /** `extensions.persistedQuery.sha256Hash`, in hexadecimal digits. */
  sha256Hash: string | undefined;
}

/** The document of a request. Throws a GatewayError where there is none that is taken. */
export type FindDocument = (sent: SentDocument) => string;

/** Takes any document. */
export const anyDocument: FindDocument = ({ query }) => {
  if (query === undefined) throw refusal('BAD_REQUEST', 'The parameter "query" is missing.');
  return query;
};
