import { z } from 'zod';
import { ToolError } from '../errors/tool-error.ts';
import { runJob } from '../worker/run-job.ts';
import { defineTool } from './tool.ts';

const args = z.object({
  /** A JavaScript regular expression, matched against one line at a time. */
  pattern: z.string().min(1),
  path: z.string().default('.'),
  glob: z.string().min(1).optional(),
  max_results: z.int().min(1).max(1_000).default(100),
});

/** Returns the lines of text files that match a regular expression, each as `path:line: text`. */
export const searchFiles = defineTool({
  name: 'search_files',
  args,
  describe: ({ pattern, path }) => `${pattern} in ${path}`,
  async run({ pattern: source, path, glob, max_results: maxResults }, { workspace, stop }) {
    const target = await workspace.locate(path);
    const pattern = toPattern(source);
    return runJob('listLines', { root: workspace.root, target, path, pattern, glob, maxResults }, stop);
  },
});

function toPattern(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ToolError('BAD_ARGUMENTS', `pattern: expected a regular expression. ${reason}.`, {
      cause: error,
    });
  }
}
