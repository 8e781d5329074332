import { listEntries } from '../search/list-entries.ts';
import { listLines } from '../search/list-lines.ts';
import { replaceText } from '../search/replace-text.ts';

/** What a worker does. Each job takes and returns values that can be copied to another thread. */
export const jobs = { listEntries, listLines, replaceText };

export type JobName = keyof typeof jobs;
export type JobInput<Name extends JobName> = Parameters<(typeof jobs)[Name]>[0];
export type JobResult<Name extends JobName> = Awaited<ReturnType<(typeof jobs)[Name]>>;

/** The one message of a worker. A failure has the fields of a `ToolError`. */
export type JobEnd = { result: unknown } | { errorCode: string; message: string };
