import picomatch from 'picomatch';
import { createTimeLimit, type TimeLimit, TimeLimitError } from '../../base/time-limit.ts';
import { type FoundLine, findLines } from './find-lines.ts';
import { readWhole } from './read-whole.ts';
import { ToolError } from './tool-error.ts';
import type { ToolFolder } from './tool-folder.ts';
import { walk } from './walk.ts';

export interface SearchOptions {
  files: ToolFolder;
  /** The file to search, or the folder whose files to search. */
  target: string;
  pattern: RegExp;
  /** Which files to search. A glob without a `/` matches names; one with a `/` matches paths relative to `target`. */
  glob: string | undefined;
  /** The limit of lines in all files together. */
  maxResults: number;
}

export interface FoundFile {
  path: string;
  /** Undefined if the file was not searched because it is larger than `maxFileBytes`. */
  lines: FoundLine[] | undefined;
}

/** Larger files are not searched. */
export const maxFileBytes = 10_485_760;

/** The time limit for one file, in milliseconds. A pattern that ends at all needs far less. */
const limitMs = 500;

/**
 * Searches files for lines that match a pattern. Skips binary files and everything that `walk` skips.
 *
 * @throws ToolError FAILED if the pattern or the glob takes too long on one file.
 */
export async function* search(options: SearchOptions): AsyncGenerator<FoundFile> {
  const { files, pattern, maxResults } = options;
  const limit = createTimeLimit(limitMs);
  let missing = maxResults;
  for await (const path of filesIn(options, limit)) {
    if (missing === 0) break;
    const text = await readText(files, path);
    const lines =
      text === undefined ? undefined : inTime(limit, path, () => findLines(text, pattern, missing));
    if (lines?.length === 0) continue;
    missing -= lines?.length ?? 0;
    yield { path, lines };
  }
}

async function* filesIn(options: SearchOptions, limit: TimeLimit): AsyncGenerator<string> {
  const { files, target, glob } = options;
  if ((await files.kindOf(target)) === 'file') return yield target;
  const matches =
    glob === undefined ? undefined : picomatch(glob, { dot: true, basename: !glob.includes('/') });
  const depth = Number.POSITIVE_INFINITY;
  for await (const { path, kind } of walk({ files, folder: target, depth })) {
    if (kind !== 'file') continue;
    const below = target === '' ? path : path.slice(target.length + 1);
    if (matches === undefined || inTime(limit, below, () => matches(below))) yield path;
  }
}

/** Returns undefined for a file that is too large, and an empty text for one that is binary or cannot be read. */
async function readText(files: ToolFolder, path: string): Promise<string | undefined> {
  try {
    await using file = await files.open(path, path);
    const bytes = await readWhole(file, maxFileBytes);
    return bytes?.includes(0) ? '' : bytes?.toString();
  } catch (error) {
    // One file that was just removed or is not readable must not fail the search of a whole folder.
    if (error instanceof ToolError) return '';
    throw error;
  }
}

function inTime<T>(limit: TimeLimit, path: string, work: () => T): T {
  try {
    return limit(work);
  } catch (error) {
    if (!(error instanceof TimeLimitError)) throw error;
    const message = `The pattern takes too long on ${JSON.stringify(path)}: it has too many ways to match.`;
    throw new ToolError('FAILED', message, { cause: error });
  }
}
