import type { IncomingHttpHeaders } from 'node:http';

/** A request whose signature and body are right. */
export interface S3Request {
  method: string;
  /** Empty for the bucket itself. */
  key: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}
