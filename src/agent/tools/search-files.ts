import { searchFilesArguments, toPattern } from '../../sync/file-tools/arguments.ts';
import { runJob } from '../worker/run-job.ts';
import { defineTool } from './tool.ts';

/** Returns the lines of text files that match a regular expression, each as `path:line: text`. */
export const searchFiles = defineTool({
  name: 'search_files',
  args: searchFilesArguments,
  describe: ({ pattern, path }) => `${pattern} in ${path}`,
  async run({ pattern: source, path, glob, max_results: maxResults }, { workspace, stop }) {
    const target = workspace.relativePath(await workspace.locate(path));
    const pattern = toPattern(source);
    return runJob('listLines', { root: workspace.root, target, path, pattern, glob, maxResults }, stop);
  },
});
