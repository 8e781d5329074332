import type { IncomingHttpHeaders } from 'node:http';

/** A request after its signature and its body were checked. */
export interface S3Request {
  method: string;
  /** Empty if the request is for the bucket. */
  key: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}
