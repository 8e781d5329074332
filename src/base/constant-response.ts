import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { shareTurn } from './share-turn.ts';

/** A page or a file that is the same for every request. */
export interface Constant {
  body: Buffer | string;
  /** The value of the header `Content-Type`. */
  type: string;
  headers?: Record<string, string>;
}

/** Answers GET and HEAD with a constant. */
export type ConstantResponse = (
  c: Pick<Context<{ Bindings: HttpBindings }>, 'req' | 'env'>,
) => Promise<Response>;

type Coding = 'br' | 'gzip';

/** The kernel copies what it is given at once: 250 requests for a page of 9 MB would hold the event loop for seconds. */
const pieceBytes = 262_144;

interface Representation {
  bytes: Buffer;
  etag: string;
  headers: Record<string, string>;
}

/** Higher qualities take seconds for a large page, and save little. */
const brotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
const compressors = {
  br: (bytes: Buffer) => promisify(brotliCompress)(bytes, brotliOptions),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes),
};

/**
 * Creates the response for a constant. All requests send the same buffer, so that many clients that do not read cost
 * no memory. Compresses the constant when a client first accepts that coding, and keeps the result. Sends an `ETag`,
 * and 304 to a client that has the same bytes already (RFC 9110, section 13.1.2).
 *
 * @param make Makes the constant for the first request. The next request calls it again if it fails.
 * @throws The error of `make`.
 */
export function constantResponse(make: () => Constant | Promise<Constant>): ConstantResponse {
  const open = keep(async () => createRepresentations(await make()));
  return async (c) => {
    const represent = await open();
    const { bytes, etag, headers } = await represent(acceptedCoding(c.req.header('accept-encoding')));
    const isCurrent = matches(c.req.header('if-none-match'), etag);
    const { outgoing } = c.env;
    setHeaders(outgoing, { ...headers, ETag: etag });
    if (isCurrent) {
      outgoing.writeHead(304).end();
    } else {
      outgoing.writeHead(200, { 'Content-Length': bytes.length });
      if (c.req.method === 'HEAD' || bytes.length <= pieceBytes) outgoing.end(bytes);
      // It fails when the client leaves, and then there is nobody to tell.
      else pipeline(inPieces(bytes), outgoing).catch(() => {});
    }
    return RESPONSE_ALREADY_SENT;
  };
}

/** Lets others have a turn between two pieces. */
async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    await shareTurn();
    yield bytes.subarray(start, start + pieceBytes);
  }
}

function createRepresentations({ body, type, headers }: Constant) {
  const plain = typeof body === 'string' ? Buffer.from(body) : body;
  const hash = createHash('sha256').update(plain).digest('base64url');
  const shared = { 'Content-Type': type, 'Cache-Control': 'no-cache', ...headers };
  const identity = { bytes: plain, etag: `"${hash}"`, headers: shared };
  const compressed = (coding: Coding) =>
    keep(async (): Promise<Representation> => {
      const bytes = await compressors[coding](plain);
      if (bytes.length >= plain.length) return identity;
      return { bytes, etag: `"${hash}-${coding}"`, headers: { ...shared, 'Content-Encoding': coding } };
    });
  const compress = { br: compressed('br'), gzip: compressed('gzip') };
  return (coding: Coding | undefined): Promise<Representation> | Representation =>
    coding ? compress[coding]() : identity;
}

/** Returns a function that calls `make` once and keeps its result, and calls it again after a failure. */
function keep<T>(make: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  return () => {
    kept ??= make().catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
    return kept;
  };
}

/** Reads `Accept-Encoding`. Prefers Brotli, because it makes the smaller response. */
function acceptedCoding(header: string | undefined): Coding | undefined {
  const qualities = new Map<string, number>();
  for (const item of (header ?? '').toLowerCase().split(',')) {
    const [coding = '', quality = ''] = item.split(';').map((part) => part.trim());
    qualities.set(coding, Number(/^q\s*=\s*([\d.]+)$/.exec(quality)?.[1] ?? 1));
  }
  const isAccepted = (coding: Coding) => (qualities.get(coding) ?? qualities.get('*') ?? 0) > 0;
  if (isAccepted('br')) return 'br';
  return isAccepted('gzip') ? 'gzip' : undefined;
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.some((tag) => tag === '*' || tag === etag);
}

function setHeaders(outgoing: ServerResponse, headers: Record<string, string>): void {
  for (const [name, value] of Object.entries(headers)) {
    // Guards have named headers in `Vary` already.
    if (name === 'Vary') outgoing.appendHeader(name, value);
    else outgoing.setHeader(name, value);
  }
  outgoing.appendHeader('Vary', 'Accept-Encoding');
}
