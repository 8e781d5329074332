import { z } from 'zod';
import { formatBytes } from '../../base/format-bytes.ts';
import { readWhole } from '../../sync/file-tools/read-whole.ts';
import { ToolError } from '../../sync/file-tools/tool-error.ts';
import { openFile } from '../files/open-file.ts';
import { replaceFile } from '../files/replace-file.ts';
import { runJob } from '../worker/run-job.ts';
import { defineTool } from './tool.ts';

const args = z.object({
  path: z.string(),
  old_text: z.string().min(1),
  new_text: z.string(),
  replace_all: z.boolean().default(false),
});

type EditArgs = z.output<typeof args>;

/** The limit exists because the whole file is in memory while it is edited. */
const maxFileBytes = 10_485_760;

/** Replaces a text that occurs once in a file, or every occurrence of a text. */
export const editFile = defineTool({
  name: 'edit_file',
  args,
  describe: ({ path }) => path,
  check: ({ path }, { workspace }) => workspace.locate(path),
  run: (edit, { workspace, writeLock, stop }) =>
    writeLock.run(async () => {
      stop.throwIfAborted();
      const text = await readText(await workspace.locate(edit.path), edit.path, stop);
      // For some texts the search takes time that grows with the product of their lengths.
      const options = { text, part: edit.old_text, by: edit.new_text, maxLength: maxFileBytes };
      const { count, text: edited } = await runJob('replaceText', options, stop);
      if (count === 0 || (count > 1 && !edit.replace_all))
        throw new ToolError('FAILED', occurrenceError(edit, count));
      if (edited === undefined)
        throw new ToolError('FAILED', `${JSON.stringify(edit.path)} would become too large to edit.`);
      await replaceFile(workspace, edit.path, edited);
      return `Replaced ${count === 1 ? 'one occurrence' : `${count} occurrences`} in ${JSON.stringify(edit.path)}.`;
    }),
});

async function readText(realPath: string, path: string, stop: AbortSignal): Promise<string> {
  await using file = await openFile(realPath, path);
  const shown = JSON.stringify(path);
  const bytes = await readWhole(file, maxFileBytes, stop);
  if (bytes === undefined) {
    const limit = `the limit is ${formatBytes(maxFileBytes)}`;
    const { size } = await file.stat();
    throw new ToolError('FAILED', `${shown} is too large to edit: it has ${formatBytes(size)}, ${limit}.`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new ToolError('FAILED', `${shown} is not UTF-8 text, and editing would damage it.`, {
      cause: error,
    });
  }
}

function occurrenceError({ path, old_text: text }: EditArgs, count: number): string {
  const shown = JSON.stringify(path);
  if (count === 0) {
    return `old_text does not occur in ${shown}. It must match the file exactly, including spaces and line ends.`;
  }
  const lines = text.includes('\n') ? 'more lines' : 'the lines around it';
  return `old_text occurs ${count} times in ${shown}. Add ${lines} to make it unique, or set replace_all.`;
}
