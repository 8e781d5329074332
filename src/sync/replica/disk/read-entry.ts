import { createHash, webcrypto } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  read,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { promisify } from 'node:util';
import { hasCode } from '../../../base/caught-error.ts';
import { chunkBytes, type Entry, entrySchema, hashOf } from '../../entry.ts';
import { folderOf, nameOf } from '../../path.ts';
import { type Folders, NotAFolderError } from './folders.ts';
import { isSameStamp, isTooFresh, type Stamp, stampOf } from './stamp.ts';

/** What is at a path of a replica. */
export type Found =
  | { kind: 'absent' }
  /** `isFresh`: the stamp could stay the same when the content changes. `bytes`: of a file of one chunk. */
  | { kind: 'entry'; entry: Entry; stamp: Stamp; isFresh: boolean; bytes: Buffer | undefined }
  /** It changed while it was read. */
  | { kind: 'unstable' }
  /** It cannot be synced. `reason` is a sentence. */
  | { kind: 'unusable'; reason: string };

const readAsync = promisify(read);
const { subtle } = webcrypto;
/** A device that replaced the file is opened without waiting for it. */
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Files up to this size are read at once: asking the thread pool takes longer than reading. */
const atOnceBytes = 262_144;

/** Reads a file or link, and hashes it. */
export async function readEntry(folders: Folders, path: string): Promise<Found> {
  try {
    const name = folders.find(folderOf(path))?.at(nameOf(path));
    const stats = name === undefined ? undefined : lstatSync(name, { throwIfNoEntry: false });
    if (name === undefined || stats === undefined || stats.isDirectory()) return { kind: 'absent' };
    if (stats.isSymbolicLink()) return readLink(name, path, stats);
    if (!stats.isFile()) return { kind: 'unusable', reason: 'It is no file, folder or link.' };
    const fd = openSync(name, flags);
    try {
      return await readFile(fd, path);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof NotAFolderError || hasCode(error, 'ENOENT', 'ENOTDIR')) return { kind: 'absent' };
    // A link or a folder has replaced the file.
    if (hasCode(error, 'ELOOP', 'EISDIR')) return { kind: 'unstable' };
    return { kind: 'unusable', reason: `It cannot be read: ${String(Object(error).code ?? error)}.` };
  }
}

/**
 * Reads one chunk of a file again.
 *
 * @param stamp How the file looked when its chunks were hashed. While it looks the same, its content is not hashed again.
 * @returns Undefined if the file is no longer what it was.
 */
export async function readChunk(
  folders: Folders,
  { path, index, sha256, stamp }: { path: string; index: number; sha256: string; stamp?: Stamp | undefined },
): Promise<Buffer | undefined> {
  try {
    const name = folders.find(folderOf(path))?.at(nameOf(path));
    if (name === undefined || !lstatSync(name).isFile()) return undefined;
    const fd = openSync(name, flags);
    try {
      if (!fstatSync(fd).isFile()) return undefined;
      const bytes = await readAt(fd, index * chunkBytes, chunkBytes);
      const isKnown = stamp !== undefined && isSameStamp(stamp, stampOf(fstatSync(fd)));
      return isKnown || hashOf(bytes) === sha256 ? bytes : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

function readLink(name: string, path: string, stats: Stats): Found {
  const target = readlinkSync(name);
  const parsed = entrySchema.safeParse({
    kind: 'link',
    path,
    sha256: hashOf(target),
    target,
    modifiedAt: timeOf(stats),
  });
  if (!parsed.success) return { kind: 'unusable', reason: 'Its target is too long, or is not valid.' };
  const stamp = stampOf(stats);
  return {
    kind: 'entry',
    entry: parsed.data,
    stamp,
    isFresh: isTooFresh(stamp, Date.now()),
    bytes: undefined,
  };
}

async function readFile(fd: number, path: string): Promise<Found> {
  const readingAt = Date.now();
  const before = fstatSync(fd);
  if (!before.isFile()) return { kind: 'unstable' };
  const isOne = before.size <= chunkBytes;
  const bytes = isOne ? await readAt(fd, 0, before.size + 1) : undefined;
  const content = bytes ? { sha256: hashOf(bytes), size: bytes.length } : await hashChunks(fd, before.size);
  const after = fstatSync(fd);
  const stamp = stampOf(before);
  if (content.size !== before.size || !isSameStamp(stamp, stampOf(after))) return { kind: 'unstable' };
  const entry: Entry = {
    kind: 'file',
    path,
    ...content,
    mode: stamp.mode,
    modifiedAt: timeOf(before),
  };
  return { kind: 'entry', entry, stamp, isFresh: isTooFresh(stamp, readingAt), bytes };
}

async function hashChunks(
  fd: number,
  size: number,
): Promise<{ sha256: string; size: number; chunks: string[] }> {
  const whole = createHash('sha256');
  const chunks: string[] = [];
  let length = 0;
  for await (const bytes of readChunks(fd, size)) {
    // The thread pool has the hash of the chunk ready when this thread has that of the whole.
    const chunk = subtle.digest('SHA-256', bytes);
    whole.update(bytes);
    chunks.push(Buffer.from(await chunk).toString('hex'));
    length += bytes.length;
  }
  return { sha256: whole.digest('hex'), size: length, chunks };
}

/** Reads a file chunk by chunk, the next one while one is used. What is yielded is used again after the next. */
export async function* readChunks(fd: number, size: number): AsyncGenerator<Buffer> {
  let [buffer, other] = [Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes)];
  let start = 0;
  let next = readAt(fd, start, chunkBytes, buffer);
  try {
    while (start < size) {
      const bytes = await next;
      if (bytes.length === 0) return;
      start += bytes.length;
      [buffer, other] = [other, buffer];
      next = readAt(fd, start, start < size ? chunkBytes : 0, buffer);
      yield bytes;
    }
  } finally {
    // The file must not be closed while it is read.
    await next.catch(() => undefined);
  }
}

/** Reads until the count is reached or the file ends. */
export async function readAt(
  fd: number,
  start: number,
  count: number,
  into = Buffer.allocUnsafe(count),
): Promise<Buffer> {
  let length = 0;
  while (length < count) {
    const left = count - length;
    const found =
      count <= atOnceBytes
        ? readSync(fd, into, length, left, start + length)
        : (await readAsync(fd, into, length, left, start + length)).bytesRead;
    if (found === 0) break;
    length += found;
  }
  return into.subarray(0, length);
}

/** As an entry may have it. */
function timeOf({ mtimeMs }: Stats): number {
  return Math.min(8_640_000_000_000_000, Math.max(0, Math.floor(mtimeMs)));
}
