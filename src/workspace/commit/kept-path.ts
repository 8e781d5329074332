import { folderOf, nameOf, pathLimits, pathProblem } from '../../sync/path.ts';

/** Whose version is kept: the name of a node; null for a client or the gateway's folder. */
export type KeptOf = string | null;

/**
 * The path for another version of a file: `notes (conflict from laptop 2026-11-30 10-15-02).txt`.
 *
 * @param isTaken Whether there is something at a path already.
 */
export function keptPathOf(
  path: string,
  { of, at }: { of: KeptOf; at: Date },
  isTaken: (path: string) => boolean,
): string {
  const name = nameOf(path);
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  const time = at.toISOString().replace('T', ' ').replaceAll(':', '-').replace(/\..*/, '');
  const label = (of ?? 'gateway').replaceAll(/[/\0]/g, '_');
  for (let number = 1; ; number += 1) {
    const mark = ` (conflict from ${label} ${time}${number > 1 ? ` ${number}` : ''})`;
    const kept = inFolder(folderOf(path), { stem, mark, extension });
    if (!isTaken(kept)) return kept;
  }
}

interface Name {
  stem: string;
  mark: string;
  extension: string;
}

/** In the same folder, or at the top where the path would be too long. Names that are too long are cut. */
function inFolder(folder: string, { stem, mark, extension }: Name): string {
  const end = cut(mark, pathLimits.maxNameBytes / 2) + (Buffer.byteLength(extension) < 50 ? extension : '');
  const name = cut(stem, pathLimits.maxNameBytes - Buffer.byteLength(end)) + end;
  const path = folder === '' ? name : `${folder}/${name}`;
  return pathProblem(path) === undefined ? path : name;
}

/** Leaves out characters from the middle of a text, until it has so few bytes. */
function cut(text: string, maxBytes: number): string {
  const characters = [...text];
  while (Buffer.byteLength(characters.join('')) > maxBytes) {
    characters.splice(Math.floor(characters.length / 2), 1);
  }
  return characters.join('');
}
