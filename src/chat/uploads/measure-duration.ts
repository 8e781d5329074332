import { buffer } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BlobStore } from '../../blobs/blob-store.ts';

/** Bytes read from the store at once. */
const windowBytes = 1_048_576;

/** Others get a turn of the event loop after so many milliseconds. */
const turnMs = 5;
/**
 * Parts of a file that are read before its duration counts as unknown. A recording of an hour that does not state it has
 * fewer. In a file of broken frames each byte is a part: twenty megabytes took three minutes, in turns of ten seconds.
 */
const mostReads = 250_000;

interface Source {
  key: string;
  mimeType: string;
  size: number;
}

/**
 * Measures how long a recording plays, in seconds. Null when the file does not say it, or is broken. Reads only the
 * parts of the file that state the duration; for most file types that is the beginning.
 */
export async function measureDuration(blobs: BlobStore, source: Source): Promise<number | null> {
  // Imported at first use, to keep the start of the gateway fast.
  const { parseBlob } = await import('music-metadata');
  try {
    const options = { skipCovers: true, skipPostHeaders: true };
    const { format } = await parseBlob(readInWindows(blobs, source), options);
    return format.duration ?? null;
  } catch {
    return null;
  }
}

/**
 * The part of the `Blob` interface that music-metadata uses. Unlike a stream, it lets music-metadata skip bytes. Throws
 * when the file has too many parts.
 */
function readInWindows(blobs: BlobStore, { key, mimeType, size }: Source): Blob {
  let window = { start: 0, bytes: Buffer.alloc(0) };
  let reads = 0;
  let turnBegan = performance.now();
  const read = async (start: number, end: number): Promise<Buffer> => {
    reads += 1;
    if (reads > mostReads) throw new Error('The file has too many parts.');
    if (performance.now() - turnBegan > turnMs) {
      await nextTurn();
      turnBegan = performance.now();
    }
    if (start < window.start || end > window.start + window.bytes.length) {
      const last = Math.min(size, Math.max(end, start + windowBytes)) - 1;
      window = { start, bytes: await buffer(await blobs.open(key, { start, end: last })) };
    }
    return window.bytes.subarray(start - window.start, end - window.start);
  };
  const slice = (start: number, end: number) => ({ arrayBuffer: () => read(start, end) });
  return { size, type: mimeType, slice } as unknown as Blob;
}
