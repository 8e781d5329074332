import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EntryKind, ToolFolder } from '../../sync/file-tools/tool-folder.ts';
import { openFile } from './open-file.ts';

/** A folder on the disk of this machine, by its real path. */
export function createDiskFolder(root: string): ToolFolder {
  return {
    async list(folder) {
      const found = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
      return found.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
    },
    kindOf: async (path) => kindOf(await lstat(join(root, path))),
    open: (path, shown) => openFile(join(root, path), shown),
  };
}

function kindOf(entry: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): EntryKind {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}
