import { buffer } from 'node:stream/consumers';
import type { BlobStore } from '../../blobs/blob-store.ts';

/** As much as is asked of the store at a time. */
const windowBytes = 1_048_576;

interface Source {
  key: string;
  mimeType: string;
  size: number;
}

/**
 * How long a recording plays, in seconds; null where it does not say. Reads no more of it than that takes: of
 * most kinds the beginning, wherever the samples are. A file that is broken further in is no error here.
 */
export async function measureDuration(blobs: BlobStore, source: Source): Promise<number | null> {
  // Loaded at first use: a start need not wait for it.
  const { parseBlob } = await import('music-metadata');
  try {
    const options = { skipCovers: true, skipPostHeaders: true };
    const { format } = await parseBlob(readInWindows(blobs, source), options);
    return format.duration ?? null;
  } catch {
    return null;
  }
}

/** The part of a `Blob` that music-metadata uses. What it skips is not read; with a stream it would be. */
function readInWindows(blobs: BlobStore, { key, mimeType, size }: Source): Blob {
  let window = { start: 0, bytes: Buffer.alloc(0) };
  const read = async (start: number, end: number): Promise<Buffer> => {
    if (start < window.start || end > window.start + window.bytes.length) {
      const last = Math.min(size, Math.max(end, start + windowBytes)) - 1;
      window = { start, bytes: await buffer(await blobs.open(key, { start, end: last })) };
    }
    return window.bytes.subarray(start - window.start, end - window.start);
  };
  const slice = (start: number, end: number) => ({ arrayBuffer: () => read(start, end) });
  return { size, type: mimeType, slice } as unknown as Blob;
}
