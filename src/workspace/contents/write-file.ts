import { createHash } from 'node:crypto';
import { chunkBytes, type FileEntry, hashOf } from '../../sync/entry.ts';
import type { Chunk } from '../../sync/remote.ts';
import { fileTooLarge, type WorkspaceLimits } from '../model/limits.ts';
import type { Contents } from './contents.ts';

export interface WriteFileOptions {
  sessionId: number;
  path: string;
  /** The permission bits. */
  mode: number;
  source: AsyncIterable<Uint8Array>;
}

/**
 * Stores the content of a file as it comes, and returns the entry for it. One chunk is in memory at a time.
 *
 * @throws GatewayError PAYLOAD_TOO_LARGE, INSUFFICIENT_STORAGE; what the source throws.
 */
export async function writeFile(
  contents: Pick<Contents, 'store'>,
  { sessionId, path, mode, source }: WriteFileOptions,
  limits: WorkspaceLimits,
): Promise<FileEntry> {
  const whole = createHash('sha256');
  const chunks: string[] = [];
  let size = 0;
  async function* split(): AsyncGenerator<Chunk> {
    for await (const bytes of piecesOf(source)) {
      size += bytes.length;
      if (size > limits.maxFileBytes) throw fileTooLarge(path, limits);
      whole.update(bytes);
      const sha256 = hashOf(bytes);
      chunks.push(sha256);
      yield { sha256, bytes };
    }
  }
  await contents.store(sessionId, split());
  const sha256 = whole.digest('hex');
  const modifiedAt = Date.now();
  return { kind: 'file', path, sha256, size, mode, ...(chunks.length > 1 && { chunks }), modifiedAt };
}

/** Cuts a stream into pieces of `chunkBytes`; the last one may be shorter. */
async function* piecesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of source) {
    for (let start = 0; start < part.length; ) {
      const end = Math.min(part.length, start + chunkBytes - bytes);
      parts.push(part.subarray(start, end));
      bytes += end - start;
      start = end;
      if (bytes < chunkBytes) continue;
      yield Buffer.concat(parts);
      parts = [];
      bytes = 0;
    }
  }
  if (bytes > 0) yield Buffer.concat(parts);
}
