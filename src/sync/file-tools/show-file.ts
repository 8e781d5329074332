import type { z } from 'zod';
import { formatBytes } from '../../base/format-bytes.ts';
import type { readFileArguments } from './arguments.ts';
import { type Lines, readLines } from './read-lines.ts';
import { ToolError } from './tool-error.ts';
import type { OpenFile } from './tool-folder.ts';

export interface ShowOptions {
  /** The limit of the result in bytes of UTF-8. */
  maxOutputBytes: number;
  /** Aborts to end the reading, which then throws the signal's reason. */
  stop: AbortSignal;
}

/** Reserved for the notice that the file goes on. */
const noticeBytes = 200;

/**
 * Returns a text file, or some lines of it, unchanged.
 *
 * @throws ToolError FAILED for a binary file, and for one with too few lines.
 */
export async function showFile(
  file: OpenFile,
  { path, start_line: startLine, max_lines: maxLines }: z.output<typeof readFileArguments>,
  { maxOutputBytes, stop }: ShowOptions,
): Promise<string> {
  const { size } = await file.stat();
  const maxBytes = Math.max(1, maxOutputBytes - noticeBytes);
  const lines = await readLines(file, { startLine, maxLines, maxBytes, stop });
  const shown = JSON.stringify(path);
  if (lines === undefined) throw new ToolError('FAILED', `${shown} has fewer than ${startLine} lines.`);
  if (lines.bytes.includes(0)) {
    throw new ToolError('FAILED', `${shown} is binary (${formatBytes(size)}) and cannot be shown.`);
  }
  return lines.bytes.toString() + notice(lines, startLine, size);
}

function notice({ count, bytes, isEnd }: Lines, startLine: number, size: number): string {
  if (isEnd) return '';
  const isWhole = bytes.toString().endsWith('\n');
  const last = startLine + count - 1;
  const what = isWhole ? `lines ${startLine} to ${last}` : `only the beginning of line ${startLine}`;
  return `${isWhole ? '' : '\n'}[The result has ${what}; the file has ${formatBytes(size)}. Continue with start_line ${last + 1}.]\n`;
}
