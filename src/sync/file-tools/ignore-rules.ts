import { createIgnoreFilter, maxIgnoreBytes, parseRules, type Rules } from '../../base/ignore-rules.ts';
import { folderOf } from '../path.ts';
import { readWhole } from './read-whole.ts';
import { joinPath, type ToolFolder } from './tool-folder.ts';

/** The rules from the top down to the parent of a folder, except those that exclude the folder itself. */
export async function rulesAbove(files: ToolFolder, folder: string): Promise<Rules[]> {
  return (await allRulesAbove(files, folder)).filter(rulesThatKeep(folder));
}

/** Whether no rules exclude a folder. If some do, its tools may show things that a walk from the top does not. */
export async function isPlainFolder(files: ToolFolder, folder: string): Promise<boolean> {
  return (await allRulesAbove(files, folder)).every(rulesThatKeep(folder));
}

async function allRulesAbove(files: ToolFolder, folder: string): Promise<Rules[]> {
  const above = foldersDownTo(folder).slice(0, -1);
  return (await Promise.all(above.map((each) => readRules(files, each)))).flat();
}

/** The folders from the top down to a folder, with both. */
export function foldersDownTo(folder: string): string[] {
  return folder === '' ? [''] : [...foldersDownTo(folderOf(folder)), folder];
}

function rulesThatKeep(folder: string): (rules: Rules) => boolean {
  const isKept = createIgnoreFilter();
  return (rules) => isKept([{ path: `/${folder}`, isFolder: true }], [rules]).length > 0;
}

export async function readRules(files: ToolFolder, folder: string): Promise<Rules[]> {
  return parseRules(
    `/${folder}`,
    await readIgnoreFile(files, joinPath(folder, '.gitignore')).catch(() => ''),
  );
}

/** Like git, it does not follow a `.gitignore` that is a link: `open` refuses it. */
async function readIgnoreFile(files: ToolFolder, path: string): Promise<string> {
  await using file = await files.open(path, path);
  return (await readWhole(file, maxIgnoreBytes))?.toString() ?? '';
}
