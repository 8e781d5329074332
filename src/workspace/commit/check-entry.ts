import { GatewayError } from '../../errors.ts';
import type { ContentRow } from '../../storage/statements/workspace-contents.ts';
import { chunksOf, type Entry, type FileEntry, sizeOf } from '../../sync/entry.ts';
import type { Tree } from '../../sync/tree.ts';
import { fileTooLarge, tooManyBytes, tooManyFiles, type WorkspaceLimits } from '../model/limits.ts';
import type { Refusal } from './plan.ts';

export interface CheckOptions {
  /** What the workspace has, with the changes that were made before. */
  tree: Tree;
  limits: WorkspaceLimits;
  /** The chunks that there are, by their hash. */
  contents: ReadonlyMap<string, ContentRow>;
  /** Which files of several chunks are what they claim. */
  checked: ReadonlyMap<Entry, boolean>;
  /** Why the user may store no more. */
  overQuota: GatewayError | undefined;
}

/** Checks whether there is room for a file in place of another one, and its content is there. */
export function checkEntry(
  entry: Entry,
  replaced: Entry | undefined,
  { tree, limits, overQuota, ...contents }: CheckOptions,
): Refusal | undefined {
  if (replaced === undefined && tree.size >= limits.maxFiles) {
    return { error: tooManyFiles(limits), isFull: true };
  }
  if (entry.kind === 'link') return undefined;
  if (entry.size > limits.maxFileBytes) return { error: fileTooLarge(entry.path, limits), isFull: false };
  const growth = entry.size - sizeOf(replaced);
  if (growth > 0 && tree.bytes + growth > limits.maxBytes) {
    return { error: tooManyBytes(limits), isFull: true };
  }
  if (growth > 0 && overQuota) return { error: overQuota, isFull: true };
  return checkContent(entry, contents);
}

function checkContent(
  file: FileEntry,
  { contents, checked }: Pick<CheckOptions, 'contents' | 'checked'>,
): Refusal | undefined {
  const chunks = chunksOf(file);
  const missing = [...new Set(chunks)].filter((chunk) => !contents.has(chunk));
  if (missing.length > 0) return { missing };
  const isRight = file.chunks ? checked.get(file) : contents.get(file.sha256)?.size === file.size;
  if (isRight) return undefined;
  // The chunks have arrived since the file was checked.
  if (isRight === undefined) return { missing: chunks };
  const message = `"${file.path}" has other bytes than its hash and its size say.`;
  return { error: new GatewayError('BAD_USER_INPUT', message, { field: 'entry' }), isFull: false };
}
