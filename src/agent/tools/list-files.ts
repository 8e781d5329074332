import { z } from 'zod';
import { type WalkedEntry, walk } from '../search/walk.ts';
import { defineTool } from './tool.ts';

const args = z.object({
  path: z.string().default('.'),
  /** How many levels of folders to list; 1 is the folder itself. */
  depth: z.int().min(1).default(2),
});

const maxEntries = 2_000;
/** Reserved for the notice that there are more entries. */
const noticeBytes = 100;

const suffixes: Record<WalkedEntry['kind'], string> = { file: '', folder: '/', link: '@', other: '=' };

/**
 * Returns the entries of a folder, one a line, as paths from the root of the workspace. A folder ends in `/`, a
 * symbolic link in `@`, and an entry that is not a regular file either (a pipe, a socket) in `=`.
 */
export const listFiles = defineTool({
  name: 'list_files',
  args,
  describe: ({ path }) => path,
  async run({ path: asked, depth }, { workspace, stop, maxOutputBytes }) {
    const folder = await workspace.locateFolder(asked);
    let bytesLeft = maxOutputBytes - noticeBytes;
    const lines: string[] = [];
    for await (const { path, kind } of walk({ workspace, folder, depth, stop })) {
      const line = `${workspace.relativePath(path)}${suffixes[kind]}`;
      bytesLeft -= Buffer.byteLength(line) + 1;
      if (bytesLeft < 0 || lines.length === maxEntries) {
        lines.push(`[There are more entries: list a folder below, or use a depth below ${depth}.]`);
        break;
      }
      lines.push(line);
    }
    return lines.length === 0
      ? '[The folder is empty, or .gitignore excludes all its entries.]'
      : lines.join('\n');
  },
});
