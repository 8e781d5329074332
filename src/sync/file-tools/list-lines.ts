import { formatBytes } from '../../base/format-bytes.ts';
import { fileError } from './file-error.ts';
import { maxFileBytes, type SearchOptions, search } from './search.ts';

export interface ListLinesOptions extends SearchOptions {
  /** The path as the model wrote it, for error messages. */
  path: string;
}

/**
 * Lists the lines that a search finds, each as `path:line: text`.
 *
 * @throws ToolError FAILED if the search fails.
 */
export async function listLines({ path, ...options }: ListLinesOptions): Promise<string> {
  const results: string[] = [];
  let tooLarge = 0;
  try {
    for await (const file of search(options)) {
      if (file.lines === undefined) tooLarge += 1;
      for (const { number, text } of file.lines ?? []) results.push(`${file.path}:${number}: ${text}`);
    }
  } catch (error) {
    throw fileError(error, path);
  }
  const { maxResults } = options;
  if (results.length === 0) results.push('[No line matches.]');
  if (results.length === maxResults)
    results.push(`[These are the first ${maxResults} matching lines; there may be more.]`);
  if (tooLarge > 0)
    results.push(`[${tooLarge} files larger than ${formatBytes(maxFileBytes)} were not searched.]`);
  return results.join('\n');
}
