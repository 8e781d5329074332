import { type ListOptions, listEntries } from '../../sync/file-tools/list-entries.ts';
import { type ListLinesOptions, listLines } from '../../sync/file-tools/list-lines.ts';
import { createDiskFolder } from '../files/disk-folder.ts';
import { replaceText } from '../files/replace-text.ts';

/** `root` is the real path of the workspace. */
type OnDisk<Options> = Omit<Options, 'files'> & { root: string };

/** What a worker does. Each job takes and returns values that can be copied to another thread. */
export const jobs = {
  listEntries: ({ root, ...options }: OnDisk<ListOptions>) =>
    listEntries({ ...options, files: createDiskFolder(root) }),
  listLines: ({ root, ...options }: OnDisk<ListLinesOptions>) =>
    listLines({ ...options, files: createDiskFolder(root) }),
  replaceText,
};

export type JobName = keyof typeof jobs;
export type JobInput<Name extends JobName> = Parameters<(typeof jobs)[Name]>[0];
export type JobResult<Name extends JobName> = Awaited<ReturnType<(typeof jobs)[Name]>>;

/** The one message of a worker. A failure has the fields of a `ToolError`. */
export type JobEnd = { result: unknown } | { errorCode: string; message: string };
