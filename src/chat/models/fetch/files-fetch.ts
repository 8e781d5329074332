import { addAbortSignal } from 'node:stream';
import type { OutboundFetch, PlainFetch } from '../../../base/outbound-fetch.ts';
import { shareTurn } from '../../../base/share-turn.ts';
import { StreamedBody } from '../../../base/streamed-body.ts';
import { fileOpenerOf, type MarkedFile, type OpenFile, splitAtMarks } from '../wire/file-marks.ts';

/**
 * Creates a `fetch` that sends the files whose marks the JSON of a request has: they are read, written in base64 and sent
 * piece by piece. So a request with files needs no more memory and no longer turns of the event loop than another one.
 */
export function createFilesFetch(send: OutboundFetch): PlainFetch {
  return (url, init) => {
    const parts = typeof init?.body === 'string' ? splitAtMarks(init.body) : undefined;
    const signal = init?.signal;
    const open = signal && fileOpenerOf(signal);
    if (!parts || !open) return send(url, init);
    return send(url, { ...init, body: new StreamedBody(sizeOf(parts), () => write(parts, open, signal)) });
  };
}

function sizeOf(parts: (string | MarkedFile)[]): number {
  return parts.reduce(
    (sum, part) => sum + (typeof part === 'string' ? Buffer.byteLength(part) : Math.ceil(part.size / 3) * 4),
    0,
  );
}

async function* write(
  parts: (string | MarkedFile)[],
  open: OpenFile,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, undefined> {
  for (const part of parts) {
    if (typeof part === 'string') yield Buffer.from(part);
    else yield* writeBase64(addAbortSignal(signal, await open(part.sha256)), part.size);
  }
}

/** Three bytes are four characters of base64. */
const group = 3;

async function* writeBase64(
  chunks: AsyncIterable<Buffer>,
  size: number,
): AsyncGenerator<Uint8Array, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let read = 0;
  for await (const chunk of chunks) {
    read += chunk.length;
    if (read > size) break;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = bytes.length - (bytes.length % group);
    rest = bytes.subarray(whole);
    if (whole > 0) yield Buffer.from(bytes.toString('base64', 0, whole), 'latin1');
    const turn = shareTurn();
    if (turn) await turn;
  }
  // The server has been told the length, and would wait for the rest.
  if (read !== size) throw new Error(`A file of ${size} bytes has ${read} bytes or more in the store.`);
  if (rest.length > 0) yield Buffer.from(rest.toString('base64'), 'latin1');
}
