import { dirname, join } from 'node:path';
import { createIgnoreFilter, maxIgnoreBytes, parseRules, type Rules } from '../../base/ignore-rules.ts';
import { openFile } from '../files/open-file.ts';
import { readWhole } from '../files/read-whole.ts';

/** The rules from the root down to the parent of a folder, except those that exclude the folder itself. */
export async function rulesAbove(folder: string, root: string): Promise<Rules[]> {
  const above: string[] = [];
  for (let parent = folder; parent !== root; ) {
    parent = dirname(parent);
    above.unshift(parent);
  }
  const rules = (await Promise.all(above.map(readRules))).flat();
  const isKept = createIgnoreFilter();
  return rules.filter((rule) => isKept([{ path: folder, isFolder: true }], [rule]).length > 0);
}

export async function readRules(folder: string): Promise<Rules[]> {
  return parseRules(folder, await readIgnoreFile(join(folder, '.gitignore')).catch(() => ''));
}

/** Like git, it does not follow a `.gitignore` that is a link: `openFile` refuses it. */
async function readIgnoreFile(path: string): Promise<string> {
  await using file = await openFile(path, path);
  return (await readWhole(file, maxIgnoreBytes))?.toString() ?? '';
}
