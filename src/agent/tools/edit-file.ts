import { z } from 'zod';
import { ToolError } from '../errors/tool-error.ts';
import { openFile } from '../files/open-file.ts';
import { replaceFile } from '../files/replace-file.ts';
import { formatBytes } from '../output/format.ts';
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
  run: (edit, { workspace, writeLock, stop }) =>
    writeLock.run(async () => {
      stop.throwIfAborted();
      const text = await readText(await workspace.locate(edit.path), edit.path);
      const count = countIn(text, edit.old_text);
      if (count === 0 || (count > 1 && !edit.replace_all))
        throw new ToolError('FAILED', occurrenceError(edit, count));
      if (text.length + count * (edit.new_text.length - edit.old_text.length) > maxFileBytes)
        throw new ToolError('FAILED', `${JSON.stringify(edit.path)} would become too large to edit.`);
      await replaceFile(
        workspace,
        edit.path,
        text.replaceAll(edit.old_text, () => edit.new_text),
      );
      return `Replaced ${count === 1 ? 'one occurrence' : `${count} occurrences`} in ${JSON.stringify(edit.path)}.`;
    }),
});

/** Counts the occurrences of a text without overlaps. */
function countIn(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}

async function readText(realPath: string, path: string): Promise<string> {
  await using file = await openFile(realPath, path);
  const { size } = await file.stat();
  const shown = JSON.stringify(path);
  if (size > maxFileBytes) {
    throw new ToolError(
      'FAILED',
      `${shown} is too large to edit: it has ${formatBytes(size)}, the limit is ${formatBytes(maxFileBytes)}.`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await file.readFile());
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
