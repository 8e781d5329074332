import { z } from 'zod';
import { ToolError } from '../errors/tool-error.ts';
import { openFile } from '../files/open-file.ts';
import { type Lines, readLines } from '../files/read-lines.ts';
import { formatBytes } from '../output/format.ts';
import { defineTool } from './tool.ts';

const args = z.object({
  path: z.string(),
  /** The first line of a file is 1. */
  start_line: z.int().min(1).default(1),
  max_lines: z.int().min(1).default(Number.MAX_SAFE_INTEGER),
});

/** Reserved for the notice that the file goes on. */
const noticeBytes = 200;

/** Returns a text file, or some lines of it, unchanged. */
export const readFile = defineTool({
  name: 'read_file',
  args,
  describe: ({ path }) => path,
  async run({ path, start_line: startLine, max_lines: maxLines }, { workspace, stop, maxOutputBytes }) {
    await using file = await openFile(await workspace.locate(path), path);
    const { size } = await file.stat();
    const maxBytes = Math.max(1, maxOutputBytes - noticeBytes);
    const lines = await readLines(file, { startLine, maxLines, maxBytes, stop });
    const shown = JSON.stringify(path);
    if (lines === undefined) throw new ToolError('FAILED', `${shown} has fewer than ${startLine} lines.`);
    if (lines.bytes.includes(0)) {
      throw new ToolError('FAILED', `${shown} is binary (${formatBytes(size)}) and cannot be shown.`);
    }
    return lines.bytes.toString() + notice(lines, startLine, size);
  },
});

function notice({ count, bytes, isEnd }: Lines, startLine: number, size: number): string {
  if (isEnd) return '';
  const isWhole = bytes.toString().endsWith('\n');
  const last = startLine + count - 1;
  const what = isWhole ? `lines ${startLine} to ${last}` : `only the beginning of line ${startLine}`;
  return `${isWhole ? '' : '\n'}[The result has ${what}; the file has ${formatBytes(size)}. Continue with start_line ${last + 1}.]\n`;
}
