import { ToolError } from '../../sync/file-tools/tool-error.ts';
import type { NamedEntry, OpenFile, ToolFolder } from '../../sync/file-tools/tool-folder.ts';
import { folderOf, nameOf } from '../../sync/path.ts';
import type { Snapshot } from './snapshot.ts';

/** A snapshot as tools see it: like the folder of a node that has the same files. */
export function createSnapshotFolder({ entries, folders, bytes }: Snapshot): ToolFolder {
  const files = new Map(entries.map((entry) => [entry.path, entry]));
  const lists = new Map<string, NamedEntry[]>(folders.map((path) => [path, []]));
  for (const { path, kind } of entries) lists.get(folderOf(path))?.push({ name: nameOf(path), kind });
  for (const path of folders) {
    if (path !== '') lists.get(folderOf(path))?.push({ name: nameOf(path), kind: 'folder' });
  }
  return {
    list: async (folder) => lists.get(folder) ?? [],
    async kindOf(path) {
      const kind = lists.has(path) ? 'folder' : files.get(path)?.kind;
      if (kind === undefined) throw missing(path);
      return kind;
    },
    async open(path) {
      const file = files.get(path);
      if (file?.kind !== 'file') throw missing(path);
      const { size, start } = file;
      return openBytes(size, start === undefined ? undefined : bytes.subarray(start, start + size));
    },
  };
}

/** @param content Undefined if only the size of the file is wanted. */
function openBytes(size: number, content: Uint8Array | undefined): OpenFile {
  return {
    stat: async () => ({ size }),
    async read(buffer, offset, length, position) {
      if (content === undefined) throw new Error('The content of this file is not in the snapshot.');
      const part = content.subarray(position, position + length);
      buffer.set(part, offset);
      return { buffer, bytesRead: part.length };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

function missing(path: string): ToolError {
  return new ToolError('FAILED', `${JSON.stringify(path)} is not in the snapshot.`);
}
