import { folderOf } from '../../sync/path.ts';
import type { Tree } from '../../sync/tree.ts';

/** Whether there is a folder at a path, or a file where a folder of the path would be. */
export function isBlocked(tree: Tree, path: string): boolean {
  for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder)) {
    if (tree.get(folder) !== undefined) return true;
  }
  return tree.hasFolder(path);
}
