import { lstat } from 'node:fs/promises';
import { relative } from 'node:path';
import picomatch from 'picomatch';
import { ToolError } from '../errors/tool-error.ts';
import { openFile } from '../files/open-file.ts';
import { walk } from '../files/walk.ts';
import type { Workspace } from '../files/workspace.ts';
import { type FoundLine, findLines } from './find-lines.ts';
import { createTimeLimit, type TimeLimit, TimeLimitError } from './time-limit.ts';

export interface SearchOptions {
  workspace: Workspace;
  /** A folder or a file, as `Workspace.locate` says. */
  place: string;
  pattern: RegExp;
  /** Which files to look into: without a `/` a pattern for names, else for paths from `place` on. */
  glob: string | undefined;
  maxResults: number;
  /** Aborts to end it: then its reason is thrown. */
  stop: AbortSignal;
}

export interface FoundFile {
  /** From the root of the workspace. */
  path: string;
  /** Undefined where the file is too large to look into. */
  lines: FoundLine[] | undefined;
}

/** Larger files are not looked into. */
export const maxFileBytes = 10_485_760;

/** For one file: long for any pattern that comes to an end. Meanwhile nothing else runs. */
const limitMs = 500;

/**
 * The files with lines that a pattern matches, `maxResults` lines in all. Binary files and what `walk` passes
 * over are left out.
 *
 * @throws ToolError FAILED where the pattern takes too long on one file.
 */
export async function* search(options: SearchOptions): AsyncGenerator<FoundFile> {
  const { workspace, pattern, maxResults } = options;
  const limit = createTimeLimit(limitMs);
  let missing = maxResults;
  for await (const place of filesIn(options, limit)) {
    if (missing === 0) break;
    const path = workspace.show(place);
    const text = await readText(place, path);
    const lines =
      text === undefined ? undefined : inTime(limit, path, () => findLines(text, pattern, missing));
    if (lines?.length === 0) continue;
    missing -= lines?.length ?? 0;
    yield { path, lines };
  }
}

async function* filesIn(options: SearchOptions, limit: TimeLimit): AsyncGenerator<string> {
  const { workspace, place: folder, glob, stop } = options;
  if ((await lstat(folder)).isFile()) return yield folder;
  const matches =
    glob === undefined ? undefined : picomatch(glob, { dot: true, basename: !glob.includes('/') });
  for await (const { place, kind } of walk({ workspace, folder, depth: Number.POSITIVE_INFINITY, stop })) {
    if (kind !== 'file') continue;
    const path = relative(folder, place);
    if (matches === undefined || inTime(limit, path, () => matches(path))) yield place;
  }
}

/** Undefined for a large file, and nothing to be found in a binary one or one that cannot be read. */
async function readText(place: string, path: string): Promise<string | undefined> {
  try {
    await using file = await openFile(place, path);
    if ((await file.stat()).size > maxFileBytes) return undefined;
    const bytes = await file.readFile();
    return bytes.includes(0) ? '' : bytes.toString();
  } catch (error) {
    // In a large folder some file is always just being removed, or is somebody else's.
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
