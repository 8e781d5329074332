import { z } from 'zod';
import { type WalkedEntry, walk } from '../files/walk.ts';
import { defineTool } from './tool.ts';

const args = z.object({
  path: z.string().default('.'),
  /** 1 is the folder itself. */
  depth: z.int().min(1).default(2),
});

const maxEntries = 2_000;
/** The room for the sentence that says what is missing. */
const noticeBytes = 100;

const signs: Record<WalkedEntry['kind'], string> = { file: '', folder: '/', link: '@', other: '=' };

/** Gives what lies in a folder: paths from the root of the workspace, one a line, folders with a `/` behind. */
export const listFiles = defineTool({
  name: 'list_files',
  args,
  describe: ({ path }) => path,
  async run({ path, depth }, { workspace, stop, maxOutputBytes }) {
    const folder = await workspace.locateFolder(path);
    let room = maxOutputBytes - noticeBytes;
    const lines: string[] = [];
    for await (const { place, kind } of walk({ workspace, folder, depth, stop })) {
      const line = `${workspace.show(place)}${signs[kind]}`;
      room -= Buffer.byteLength(line) + 1;
      if (room < 0 || lines.length === maxEntries) {
        lines.push(`[There is more: list a folder below, or less deep than ${depth}.]`);
        break;
      }
      lines.push(line);
    }
    return lines.length === 0
      ? '[Nothing in there, or nothing that .gitignore lets show.]'
      : lines.join('\n');
  },
});
