import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

/** Bytes per write. With smaller writes an upload takes one and a half times as long. */
const batchBytes = 262_144;

export interface Written {
  /** In hex. */
  sha256: string;
  size: number;
}

/**
 * Creates a file that only its owner may read, writes the source into it and hashes it. While the disk writes one
 * batch, only the next batch is collected. When this resolves, the bytes are on the disk and survive a power cut.
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
    // The error is thrown later, by the next `await writing`. Until then it must not count as unhandled.
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
    // The file must not be closed while a write is in progress.
    await writing.catch(() => {});
  }
  return { sha256: hash.digest('hex'), size };
}

async function writeAll(file: FileHandle, chunks: Uint8Array[]): Promise<void> {
  if (chunks.length === 0) return;
  const { bytesWritten } = await file.writev(chunks);
  // A nearly full disk may write only a part. Writing the rest then fails with the reason.
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (bytesWritten < bytes) await writeRest(file, Buffer.concat(chunks).subarray(bytesWritten));
}

async function writeRest(file: FileHandle, rest: Uint8Array): Promise<void> {
  for (let offset = 0; offset < rest.length; ) {
    offset += (await file.write(rest, offset)).bytesWritten;
  }
}
