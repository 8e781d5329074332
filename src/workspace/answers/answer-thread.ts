import { Worker } from 'node:worker_threads';
import type { Answer, AnswerJob } from './answer-call.ts';
import type { FromAnswerWorker, ToAnswerWorker } from './answer-worker.ts';

/** The build puts the thread beside the program. Tests run the sources, but a thread of Node.js 20 runs no TypeScript. */
const threadFile = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/answer-worker.js' : 'answer-worker.js',
  import.meta.url,
);

/** How long an answer may take, with those before it, in milliseconds. A thread that takes longer is ended. */
const patienceMs = 2_000;
/** How long the thread is kept when nobody asks, in milliseconds. */
const idleMs = 60_000;
/** More calls at a time are left to the nodes. */
const maxWaiting = 32;
const maxHeapMb = 256;

/** The thread that answers calls of tools. It is started when the first one comes. */
export class AnswerThread implements AsyncDisposable {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;
  #isClosed = false;

  /** Undefined: there was no answer in time, and the node should be asked. */
  async answer(job: AnswerJob): Promise<Answer> {
    if (this.#isClosed || this.#waiting.size >= maxWaiting) return undefined;
    this.#worker ??= this.#start();
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#lastId += 1;
    const message: ToAnswerWorker = { id: this.#lastId, ...job };
    const late = setTimeout(() => this.#end(worker), patienceMs);
    try {
      return await new Promise<Answer>((resolve) => {
        this.#waiting.set(message.id, resolve);
        worker.postMessage(message, [job.snapshot.bytes.buffer]);
      });
    } finally {
      clearTimeout(late);
      this.#waiting.delete(message.id);
      if (this.#waiting.size === 0) this.#idle = setTimeout(() => this.#end(worker), idleMs).unref();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    const worker = this.#worker;
    if (worker !== undefined) this.#end(worker);
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(threadFile, {
      // The environment of the gateway has its secrets.
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    });
    worker.on('message', ({ id, answer }: FromAnswerWorker) => this.#waiting.get(id)?.(answer));
    worker.on('error', () => this.#end(worker));
    worker.on('exit', () => this.#end(worker));
    worker.unref();
    return worker;
  }

  /** Ends the thread. The next call starts another one. */
  #end(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const resolve of this.#waiting.values()) resolve(undefined);
    void worker.terminate();
  }
}
