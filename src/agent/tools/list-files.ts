import { listFilesArguments } from '../../sync/file-tools/arguments.ts';
import { runJob } from '../worker/run-job.ts';
import { defineTool } from './tool.ts';

/** Returns the entries of a folder: see `listEntries`. */
export const listFiles = defineTool({
  name: 'list_files',
  args: listFilesArguments,
  describe: ({ path }) => path,
  async run({ path, depth }, { workspace, stop, maxOutputBytes }) {
    const folder = workspace.relativePath(await workspace.locateFolder(path));
    return runJob('listEntries', { root: workspace.root, folder, depth, maxOutputBytes }, stop);
  },
});
