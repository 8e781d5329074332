import { readFileArguments } from '../../sync/file-tools/arguments.ts';
import { showFile } from '../../sync/file-tools/show-file.ts';
import { openFile } from '../files/open-file.ts';
import { defineTool } from './tool.ts';

/** Returns a text file, or some lines of it, unchanged. */
export const readFile = defineTool({
  name: 'read_file',
  args: readFileArguments,
  describe: ({ path }) => path,
  async run(args, { workspace, stop, maxOutputBytes }) {
    await using file = await openFile(await workspace.locate(args.path), args.path);
    return await showFile(file, args, { stop, maxOutputBytes });
  },
});
