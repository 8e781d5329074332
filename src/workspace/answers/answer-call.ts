import { boundText } from '../../base/output-capture.ts';
import {
  listFilesArguments,
  readFileArguments,
  searchFilesArguments,
  toPattern,
} from '../../sync/file-tools/arguments.ts';
import { isPlainFolder } from '../../sync/file-tools/ignore-rules.ts';
import { listEntries } from '../../sync/file-tools/list-entries.ts';
import { listLines } from '../../sync/file-tools/list-lines.ts';
import type { ReadingTool } from '../../sync/file-tools/reading-tools.ts';
import { showFile } from '../../sync/file-tools/show-file.ts';
import { ToolError } from '../../sync/file-tools/tool-error.ts';
import type { ToolFolder } from '../../sync/file-tools/tool-folder.ts';
import type { Snapshot } from './snapshot.ts';
import { createSnapshotFolder } from './snapshot-folder.ts';

/** A call, and everything that its tool needs to answer it. */
export interface AnswerJob {
  tool: ReadingTool;
  args: object;
  /** The file or folder that the call names, relative to the top. */
  target: string;
  maxOutputBytes: number;
  snapshot: Snapshot;
}

/** The answer of a tool. Undefined: only the node knows it. */
export type Answer = { result: string } | { errorCode: ToolError['errorCode']; result: string } | undefined;

/** Rules and patterns have time limits of half a second and more. What takes less has met none of them. */
const maxMs = 400;

/** Answers a call as the agent of a node does (`src/agent/tools/tools.ts`). */
export async function answerCall(job: AnswerJob): Promise<Answer> {
  const { maxOutputBytes } = job;
  const startedAt = performance.now();
  const answer = await run(job, createSnapshotFolder(job.snapshot)).catch((error: unknown) => {
    if (!(error instanceof ToolError)) throw error;
    return { errorCode: error.errorCode, result: error.message };
  });
  if (answer === undefined || performance.now() - startedAt > maxMs) return undefined;
  return { ...answer, result: boundText(answer.result, maxOutputBytes) };
}

async function run({ tool, args, target, maxOutputBytes }: AnswerJob, files: ToolFolder): Promise<Answer> {
  if (tool === 'read_file') {
    const stop = new AbortController().signal;
    await using file = await files.open(target, target);
    return { result: await showFile(file, readFileArguments.parse(args), { maxOutputBytes, stop }) };
  }
  const isFolder = (await files.kindOf(target)) === 'folder';
  if (isFolder && !(await isPlainFolder(files, target))) return undefined;
  if (tool === 'list_files') {
    const { depth } = listFilesArguments.parse(args);
    return { result: await listEntries({ files, folder: target, depth, maxOutputBytes }) };
  }
  const { pattern, path, glob, max_results: maxResults } = searchFilesArguments.parse(args);
  const options = { files, target, path, pattern: toPattern(pattern), glob, maxResults };
  return { result: await listLines(options) };
}
