import type { IncomingMessage } from 'node:http';

/** Why a compressed body is refused. */
export const compressedBody =
  'The body must not be compressed: send it without Content-Encoding, and with no Transfer-Encoding but chunked.';

/**
 * Whether the body is compressed, by `Content-Encoding` or by a coding before `chunked` in `Transfer-Encoding`. Node.js
 * undoes only `chunked`, so the gateway would take the compressed bytes for the body.
 */
export function isCompressed({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const coding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const transfer = (headers['transfer-encoding'] ?? 'chunked').trim().toLowerCase();
  return coding !== 'identity' || transfer !== 'chunked';
}
