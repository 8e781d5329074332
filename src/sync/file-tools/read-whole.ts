import type { OpenFile } from './tool-folder.ts';

const chunkBytes = 65_536;

/**
 * Reads a file to its end. `FileHandle.readFile` would read a file without an end until the memory is full: a file that
 * a file system such as /proc makes up has the size 0, and another program may append faster than this one reads.
 *
 * @param stop Aborts to end the reading: then its reason is thrown.
 * @returns Undefined if the file has more than `maxBytes`.
 */
export async function readWhole(
  file: OpenFile,
  maxBytes: number,
  stop?: AbortSignal,
): Promise<Buffer | undefined> {
  const { size } = await file.stat();
  const chunks: Buffer[] = [];
  let length = 0;
  while (length <= maxBytes && size <= maxBytes) {
    stop?.throwIfAborted();
    // The first chunk takes a usual file at once; one byte more shows its end.
    const wanted = Math.max(chunkBytes, size + 1 - length);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, length);
    if (bytesRead === 0) return Buffer.concat(chunks, length);
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
  }
  return undefined;
}
