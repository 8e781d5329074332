import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Reads a folder and all folders in it: for each path the permission bits and the text of a file, or where a link leads.
 * Leaves out `.switchyard`, where an agent keeps what it remembers.
 */
export async function readTree(folder: string, below = ''): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const name of (await readdir(join(folder, below))).sort()) {
    const path = below === '' ? name : `${below}/${name}`;
    if (path === '.switchyard') continue;
    const stats = await lstat(join(folder, path));
    if (stats.isDirectory()) Object.assign(tree, await readTree(folder, path));
    else if (stats.isSymbolicLink()) tree[path] = `-> ${await readlink(join(folder, path))}`;
    else tree[path] = `${(stats.mode & 0o777).toString(8)} ${await readFile(join(folder, path), 'utf8')}`;
  }
  return tree;
}
