import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import contentDisposition from 'content-disposition';

/** A file as HTTP sees it: what can be said of it without its bytes. */
export interface Representation {
  /** Its name in the blob store, and its strong validator: the SHA-256 of its bytes, in hex. */
  sha256: string;
  /** In bytes. */
  size: number;
  mimeType: string;
  /** As the client that uploaded it called it: any text. */
  filename: string | null;
  modifiedAt: Date;
}

const disposition: (filename: string | undefined, options: { type: string }) => string = contentDisposition;

export function etagOf({ sha256 }: Representation): string {
  return `"${sha256}"`;
}

/** What a cache is told about it, with 304 as well as with its bytes. */
export function validators(file: Representation): Record<string, string> {
  return {
    ETag: etagOf(file),
    'Last-Modified': file.modifiedAt.toUTCString(),
    'Cache-Control': 'private, no-cache',
  };
}

/** Opened by itself in a browser it can run nothing, whatever it holds. */
export function contentHeaders(file: Representation): Record<string, string> {
  return {
    ...validators(file),
    'Accept-Ranges': 'bytes',
    'Content-Disposition': disposition(file.filename ?? undefined, { type: 'inline' }),
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
  };
}

/** Tells Hono, and the access log, what was written to the response already. */
export function alreadySent(status: number): Response {
  return new Response(null, { status, headers: RESPONSE_ALREADY_SENT.headers });
}
