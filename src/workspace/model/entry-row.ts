import { timeText } from '../../storage/statements/dialect.ts';
import type { FileRow } from '../../storage/statements/workspace-files.ts';
import type { Entry } from '../../sync/entry.ts';

/** The last moment whose year has four digits. Not every database takes later ones. */
const latest = Date.UTC(9999, 11, 31);

/** What a row says; null for a path that was deleted. */
export function entryOf({ path, sha256, size, mode, target, chunks, modifiedAt }: FileRow): Entry | null {
  if (sha256 === null) return null;
  if (target !== null) return { kind: 'link', path, sha256, target, modifiedAt };
  return { kind: 'file', path, sha256, size, mode, ...(chunks && { chunks }), modifiedAt };
}

/** An entry, or a deletion, as `storeFiles` takes it. */
export function rowOf(path: string, entry: Entry | null, nodeId: string | null): object {
  const modifiedAt = timeText(new Date(Math.min(entry?.modifiedAt ?? Date.now(), latest)));
  const common = { path, modifiedAt, ...(nodeId !== null && { nodeId }) };
  if (entry === null) return { ...common, size: 0, mode: 0 };
  const { sha256 } = entry;
  if (entry.kind === 'link') return { ...common, sha256, size: 0, mode: 0, target: entry.target };
  const { size, mode, chunks } = entry;
  return { ...common, sha256, size, mode, ...(chunks && { chunks }) };
}
