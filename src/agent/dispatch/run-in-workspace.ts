import { messageOf } from '../../base/caught-error.ts';
import { isReadingTool, noteBytes } from '../../sync/file-tools/reading-tools.ts';
import type { CallPlace, Workspaces } from '../sync/workspaces.ts';
import type { ToolReport } from '../tools/tool.ts';
import type { ToolCall, Tools } from '../tools/tools.ts';

interface RunInWorkspaceOptions {
  tools: Tools;
  workspaces: Pick<Workspaces, 'place' | 'flush'>;
  /** Gets the output of the tool while it runs. */
  onOutput(text: string): void;
}

/**
 * Runs a tool call in the folder of a workspace. The files are there before it runs, and its changes are on the gateway
 * before its result is: if that takes too long, the result says so. Never rejects.
 */
export async function runInWorkspace(
  call: ToolCall,
  workspaceId: string,
  { tools, workspaces, onOutput }: RunInWorkspaceOptions,
  cancel: AbortSignal,
): Promise<ToolReport> {
  let place: CallPlace;
  try {
    place = await workspaces.place(workspaceId, cancel);
  } catch (error) {
    if (cancel.aborted)
      return { status: 'CANCELLED', result: 'The tool call was stopped before it was done.' };
    return { status: 'FAILED', errorCode: 'FAILED', result: messageOf(error) };
  }
  const maxOutputBytes = Math.max(1, call.maxOutputBytes - noteBytes);
  const report = await tools.run({ ...call, maxOutputBytes }, { place, cancel, onOutput });
  // A call that was cancelled may have changed files, too.
  const isSynced = isReadingTool(call.tool) || (await workspaces.flush(workspaceId));
  const said = { ...report, ...(!isReadingTool(call.tool) && { filesSynced: isSynced }) };
  const notes = [place.note, isSynced ? undefined : lateNote].filter((note) => note !== undefined);
  if (notes.length === 0) return said;
  const { result } = report;
  return {
    ...said,
    result: [result.replace(/\n$/, ''), ...notes].filter((text) => text !== '').join('\n'),
  };
}

const lateNote = '[Not all changed files were copied to the other nodes and the gateway yet.]';
