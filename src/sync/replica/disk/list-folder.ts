import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import { hasCode } from '../../../base/caught-error.ts';
import { type Folder, type Folders, NotAFolderError } from './folders.ts';

export interface Listed {
  name: string;
  /** `other`: a pipe, a socket, a device. `unnamed`: its name is not valid UTF-8, so that nothing finds it. */
  kind: 'file' | 'link' | 'folder' | 'other' | 'unnamed';
}

/** What is in a folder, in no order. */
export function listFolder(folders: Folders, path: string): Listed[] | 'absent' | 'unreadable' {
  try {
    const folder = folders.find(path);
    if (folder === undefined) return 'absent';
    const entries = readdirSync(folder.self, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(folder, entry) }));
  } catch (error) {
    if (error instanceof NotAFolderError || hasCode(error, 'ENOENT', 'ENOTDIR')) return 'absent';
    if (hasCode(error, 'EACCES', 'EPERM')) return 'unreadable';
    throw error;
  }
}

function kindOf(folder: Folder, entry: Dirent): Listed['kind'] {
  const { name } = entry;
  if (name.includes('\uFFFD') && lookAt(folder, name) === undefined) return 'unnamed';
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  if (entry.isSymbolicLink()) return 'link';
  // Some file systems do not tell the kind.
  const stats = lookAt(folder, name);
  if (stats?.isFile()) return 'file';
  if (stats?.isDirectory()) return 'folder';
  return stats?.isSymbolicLink() ? 'link' : 'other';
}

function lookAt(folder: Folder, name: string) {
  return lstatSync(folder.at(name), { throwIfNoEntry: false });
}
