import { S3Error } from './s3-error.ts';

/**
 * Takes apart the content encoding `aws-chunked` without signatures: chunks as in HTTP, and fields behind the last.
 *
 * @throws S3Error
 */
export function decodeAwsChunks(body: Buffer): { payload: Buffer; trailers: Record<string, string> } {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = sizeOf(body.toString('latin1', at, Math.max(at, lineEnd)));
    at = lineEnd + 2;
    if (size === 0)
      return { payload: Buffer.concat(chunks), trailers: trailersOf(body.toString('latin1', at)) };
    chunks.push(body.subarray(at, at + size));
    at += size;
    if (body.toString('latin1', at, at + 2) !== '\r\n') throw incomplete();
    at += 2;
  }
}

function sizeOf(line: string): number {
  if (!/^[0-9a-f]{1,8}$/i.test(line)) throw incomplete();
  return Number.parseInt(line, 16);
}

function trailersOf(text: string): Record<string, string> {
  if (!text.endsWith('\r\n\r\n')) throw incomplete();
  const fields = text.slice(0, -4).split('\r\n');
  return Object.fromEntries(
    fields.map((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
}

function incomplete(): S3Error {
  return new S3Error(400, 'IncompleteBody', 'The chunks of the body do not end as they should.');
}
