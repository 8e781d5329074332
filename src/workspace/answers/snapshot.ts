import { type Entry, sizeOf } from '../../sync/entry.ts';
import type { Contents } from '../contents/contents.ts';
import type { ChosenEntries } from './choose-entries.ts';

/** A part of a workspace that can be sent to a thread. */
export interface Snapshot {
  /** The content of a file lies in `bytes` from `start` on, if `start` is given. */
  entries: { path: string; kind: Entry['kind']; size: number; start?: number }[];
  folders: string[];
  bytes: Uint8Array<ArrayBuffer>;
}

/** Reads the contents of entries. @returns Undefined if one is gone, because the file was changed meanwhile. */
export async function readSnapshot(
  contents: Pick<Contents, 'read'>,
  sessionId: number,
  { entries, folders, read }: ChosenEntries,
): Promise<Snapshot | undefined> {
  const starts = new Map<string, number>();
  let length = 0;
  for (const entry of read) {
    if (starts.has(entry.sha256)) continue;
    starts.set(entry.sha256, length);
    length += sizeOf(entry);
  }
  const bytes = new Uint8Array(length);
  const missing = new Set(starts.keys());
  if (missing.size > 0) {
    for await (const chunk of contents.read(sessionId, [...missing])) {
      bytes.set(chunk.bytes, starts.get(chunk.sha256));
      missing.delete(chunk.sha256);
    }
  }
  if (missing.size > 0) return undefined;
  const isRead = new Set(read);
  const shown = entries.map((entry) => {
    const start = isRead.has(entry) ? starts.get(entry.sha256) : undefined;
    return { path: entry.path, kind: entry.kind, size: sizeOf(entry), ...(start !== undefined && { start }) };
  });
  return { folders, bytes, entries: shown };
}
