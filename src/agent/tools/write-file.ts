import { z } from 'zod';
import { formatBytes } from '../../base/format-bytes.ts';
import { replaceFile } from '../files/replace-file.ts';
import { defineTool } from './tool.ts';

const args = z.object({ path: z.string().min(1), content: z.string() });

/** Creates a file, or replaces the content of one. */
export const writeFile = defineTool({
  name: 'write_file',
  args,
  describe: ({ path, content }) => `${path} (${formatBytes(Buffer.byteLength(content))})`,
  check: ({ path }, { workspace }) => workspace.locate(path),
  async run({ path, content }, { workspace, writeLock, stop }) {
    const isNew = await writeLock.run(async () => {
      stop.throwIfAborted();
      return replaceFile(workspace, path, content);
    });
    const size = formatBytes(Buffer.byteLength(content));
    return `${isNew ? 'Created' : 'Replaced'} ${JSON.stringify(path)}: ${size}.`;
  },
});
