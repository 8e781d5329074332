import { parseStream } from 'music-metadata';
import type { BlobStore } from '../../blobs/blob-store.ts';

/**
 * How long a recording plays, in seconds; null where its header does not say. Reads no more of it than that
 * takes, and a file that is broken further in is no error here.
 */
export async function measureDuration(
  blobs: BlobStore,
  { key, mimeType, size }: { key: string; mimeType: string; size: number },
): Promise<number | null> {
  const stream = await blobs.open(key);
  try {
    const { format } = await parseStream(
      stream,
      { mimeType, size },
      { skipCovers: true, skipPostHeaders: true },
    );
    return format.duration ?? null;
  } catch {
    return null;
  } finally {
    stream.destroy();
  }
}
