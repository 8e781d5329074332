import { parentPort, workerData } from 'node:worker_threads';
import { ToolError } from '../../sync/file-tools/tool-error.ts';
import { type JobEnd, type JobName, jobs } from './jobs.ts';

/** The program of a worker thread: does one job, posts its end, and ends. */
const { name, input } = workerData as { name: JobName; input: never };
parentPort?.postMessage(await endOf());

async function endOf(): Promise<JobEnd> {
  try {
    return { result: await jobs[name](input) };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { errorCode: error.errorCode, message: error.message };
  }
}
