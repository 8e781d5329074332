import type { Grammar } from './languages.ts';
import type { Mark } from './marks.ts';
import type { HighlightReply, HighlightRequest } from './protocol.ts';

/** Longer code stays plain, in characters. */
const maxLength = 100_000;
/** Code with more pieces stays plain, because so many elements would block the page. */
const maxMarks = 10_000;
/** How long the worker may read one code. Usual code takes some milliseconds. */
const budgetMs = 2_000;
/** How long the worker may take to load its files. */
const loadMs = 30_000;

const workerUrl = '/console/highlight/worker.js';

/** Browsers that check the addresses of scripts want to know that this one was meant. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

let policy: ReturnType<TrustedTypes['createPolicy']> | undefined;
let worker: Worker | undefined;
/** Code is highlighted one after the other. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Reads code in a worker, so that code on which a grammar hangs cannot hang the page: somebody who controls a text that
 * the model has read also controls the code that it writes. The worker is started with the first code.
 *
 * @returns The pieces of the code; undefined if it takes too long to read or to show, which stays so.
 */
export function highlight(code: string, grammar: Grammar): Promise<readonly Mark[] | undefined> {
  if (code.length > maxLength) return Promise.resolve(undefined);
  const marks = last.then(() => ask({ code, grammar }));
  last = marks;
  return marks;
}

function ask(request: HighlightRequest): Promise<readonly Mark[] | undefined> {
  worker ??= startWorker();
  const asked = worker;
  return new Promise((resolve) => {
    let timer: ReturnType<typeof setTimeout>;
    const listening = new AbortController();
    const end = (marks: readonly Mark[] | undefined) => {
      clearTimeout(timer);
      listening.abort();
      resolve(marks !== undefined && marks.length <= maxMarks ? marks : undefined);
    };
    const giveUp = () => {
      asked.terminate();
      worker = undefined;
      end(undefined);
    };
    const limit = (ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, ms);
    };
    const hear = ({ data }: MessageEvent<HighlightReply>) => {
      if ('begun' in data) limit(budgetMs);
      else end(data.marks);
    };
    limit(loadMs);
    asked.addEventListener('message', hear, listening);
    asked.addEventListener('error', giveUp, listening);
    asked.postMessage(request);
  });
}

function startWorker(): Worker {
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  policy ??= trustedTypes?.createPolicy('switchyard-highlight', { createScriptURL: () => workerUrl });
  return new Worker(policy?.createScriptURL(workerUrl) ?? workerUrl, { type: 'module' });
}
