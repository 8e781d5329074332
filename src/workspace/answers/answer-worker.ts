import { parentPort } from 'node:worker_threads';
import { type Answer, type AnswerJob, answerCall } from './answer-call.ts';

/** The program of the thread that answers calls: patterns and rules of a model must not keep the gateway from its work. */
export type ToAnswerWorker = AnswerJob & { id: number };
export interface FromAnswerWorker {
  id: number;
  answer: Answer;
}

parentPort?.on('message', async ({ id, ...job }: ToAnswerWorker) => {
  // A failure of any other kind is left to the node, too.
  const answer = await answerCall(job).catch(() => undefined);
  parentPort?.postMessage({ id, answer } satisfies FromAnswerWorker);
});
