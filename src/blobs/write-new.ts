import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

/** Bytes that are written at once: asking the disk for less at a time makes an upload half as slow again. */
const batchBytes = 262_144;

export interface Written {
  /** In hex. */
  sha256: string;
  size: number;
}

/**
 * Writes a file that is not there yet, which only its owner may read, and hashes it. While the disk writes a batch,
 * the next one is gathered, and no more than that. The bytes are on the disk, not only on their way to it, when this
 * resolves.
 */
export async function writeNew(path: string, source: AsyncIterable<Uint8Array>): Promise<Written> {
  await using file = await open(path, 'wx', 0o600);
  const hash = createHash('sha256');
  let size = 0;
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  let writing = Promise.resolve();
  const writeGathered = async () => {
    await writing;
    writing = writeAll(file, gathered);
    // Thrown by the next one who waits for it, which may be later.
    writing.catch(() => {});
    gathered = [];
    gatheredBytes = 0;
  };
  try {
    for await (const chunk of source) {
      hash.update(chunk);
      size += chunk.length;
      gathered.push(chunk);
      gatheredBytes += chunk.length;
      if (gatheredBytes >= batchBytes) await writeGathered();
    }
    await writeGathered();
    await writing;
    await file.sync();
  } finally {
    // It must not be closed under a write.
    await writing.catch(() => {});
  }
  return { sha256: hash.digest('hex'), size };
}

async function writeAll(file: FileHandle, chunks: Uint8Array[]): Promise<void> {
  if (chunks.length === 0) return;
  const { bytesWritten } = await file.writev(chunks);
  // A disk that is nearly full takes only some of it, and says why when it is asked again.
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (bytesWritten < bytes) await writeRest(file, Buffer.concat(chunks).subarray(bytesWritten));
}

async function writeRest(file: FileHandle, rest: Uint8Array): Promise<void> {
  for (let offset = 0; offset < rest.length; ) {
    offset += (await file.write(rest, offset)).bytesWritten;
  }
}
