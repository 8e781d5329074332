import { z } from 'zod';
import { runJob } from '../worker/run-job.ts';
import { defineTool } from './tool.ts';

const args = z.object({
  path: z.string().default('.'),
  /** How many levels of folders to list; 1 is the folder itself. */
  depth: z.int().min(1).default(2),
});

/** Returns the entries of a folder: see `listEntries`. */
export const listFiles = defineTool({
  name: 'list_files',
  args,
  describe: ({ path }) => path,
  async run({ path, depth }, { workspace, stop, maxOutputBytes }) {
    const folder = await workspace.locateFolder(path);
    return runJob('listEntries', { root: workspace.root, folder, depth, maxOutputBytes }, stop);
  },
});
