import { Worker } from 'node:worker_threads';
import { type AgentErrorCode, ToolError } from '../../sync/file-tools/tool-error.ts';
import type { JobEnd, JobInput, JobName, JobResult } from './jobs.ts';

/** The build puts the worker beside the program. Tests run the sources, but a thread of Node.js 20 runs no TypeScript. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/file-worker.js' : 'file-worker.js',
  import.meta.url,
);

/** The limit of the heap of a worker. A job that needs more fails, and the agent goes on. */
const maxHeapMb = 512;

/**
 * Does a job in a thread of its own. A search can take forever (a pattern with too many ways to match, a huge folder),
 * so it must not block the thread that sends heartbeats, and it must be possible to end it at any point.
 *
 * @param stop Aborts to end the thread: then its reason is thrown.
 * @throws ToolError if the job fails.
 */
export async function runJob<Name extends JobName>(
  name: Name,
  input: JobInput<Name>,
  stop: AbortSignal,
): Promise<JobResult<Name>> {
  stop.throwIfAborted();
  const worker = new Worker(workerFile, {
    workerData: { name, input },
    // The environment of the agent has its token.
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
  });
  let onAbort = () => {};
  const stopped = new Promise<never>((_, reject) => {
    onAbort = () => reject(stop.reason);
  });
  stop.addEventListener('abort', onAbort);
  try {
    const end = await Promise.race([endOf(worker), stopped]);
    if ('result' in end) return end.result as JobResult<Name>;
    throw new ToolError(end.errorCode as AgentErrorCode, end.message);
  } finally {
    stop.removeEventListener('abort', onAbort);
    // Not awaited: the thread ends only when the file system has answered its last request.
    void worker.terminate();
  }
}

function endOf(worker: Worker): Promise<JobEnd> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (error) => reject(new ToolError('FAILED', `The tool failed: ${error.message}`)));
    worker.once('exit', () => reject(new ToolError('FAILED', 'The tool ended without a result.')));
  });
}
