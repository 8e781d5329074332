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

/** The whole file is in memory while it is edited. */
const maxFileBytes = 10_485_760;

/** Replaces a text in a file that stands there once, or wherever it stands. */
export const editFile = defineTool({
  name: 'edit_file',
  args,
  describe: ({ path }) => path,
  run: (edit, { workspace, inTurn, stop }) =>
    inTurn(async () => {
      stop.throwIfAborted();
      const place = await workspace.locate(edit.path);
      const text = await readText(place, edit.path);
      const count = countIn(text, edit.old_text);
      if (count === 0 || (count > 1 && !edit.replace_all))
        throw new ToolError('FAILED', notOnce(edit, count));
      if (text.length + count * (edit.new_text.length - edit.old_text.length) > maxFileBytes)
        throw new ToolError('FAILED', `${JSON.stringify(edit.path)} would become too large to edit.`);
      await replaceFile(
        workspace,
        edit.path,
        text.replaceAll(edit.old_text, () => edit.new_text),
      );
      return `Replaced ${count === 1 ? 'one place' : `${count} places`} in ${JSON.stringify(edit.path)}.`;
    }),
});

/** How often a text occurs in another one, without overlaps. */
function countIn(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}

async function readText(place: string, path: string): Promise<string> {
  await using file = await openFile(place, path);
  const { size } = await file.stat();
  const shown = JSON.stringify(path);
  if (size > maxFileBytes) {
    throw new ToolError(
      'FAILED',
      `${shown} is too large to edit: ${formatBytes(size)}, at most ${formatBytes(maxFileBytes)}.`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await file.readFile());
  } catch (error) {
    throw new ToolError('FAILED', `${shown} is no text in UTF-8: editing it would damage it.`, {
      cause: error,
    });
  }
}

function notOnce({ path, old_text: text }: EditArgs, count: number): string {
  const shown = JSON.stringify(path);
  if (count === 0) {
    return `old_text does not occur in ${shown}. It must be exactly what stands there, with its spaces and line ends.`;
  }
  const lines = text.includes('\n') ? 'more lines' : 'the lines around it';
  return `old_text occurs ${count} times in ${shown}. Add ${lines} until it is unique, or set replace_all.`;
}
