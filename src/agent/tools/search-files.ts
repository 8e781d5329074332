import { z } from 'zod';
import { ToolError } from '../errors/tool-error.ts';
import { fileError } from '../files/file-error.ts';
import { formatBytes } from '../output/format.ts';
import { maxFileBytes, search } from '../search/search.ts';
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
    const results: string[] = [];
    let tooLarge = 0;
    try {
      for await (const file of search({ workspace, target, pattern, glob, maxResults, stop })) {
        if (file.lines === undefined) tooLarge += 1;
        for (const { number, text } of file.lines ?? []) results.push(`${file.path}:${number}: ${text}`);
      }
    } catch (error) {
      throw stop.aborted ? error : fileError(error, path);
    }
    if (results.length === 0) results.push('[No line matches.]');
    if (results.length === maxResults)
      results.push(`[These are the first ${maxResults} matching lines; there may be more.]`);
    if (tooLarge > 0)
      results.push(`[${tooLarge} files larger than ${formatBytes(maxFileBytes)} were not searched.]`);
    return results.join('\n');
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
