import type { Sink } from './resume.ts';

/** Makes what a subscription pushes an async iterable. Leaving the loop stops the subscription. */
// biome-ignore lint/suspicious/noExplicitAny: results have the shape of their document
export async function* iterate(subscribe: (sink: Sink) => () => void): AsyncGenerator<any> {
  const steps: (() => IteratorResult<unknown>)[] = [];
  let wake = () => {};
  const push = (step: () => IteratorResult<unknown>) => {
    steps.push(step);
    wake();
  };
  const stop = subscribe({
    next: (value) => push(() => ({ done: false, value })),
    error: (error) =>
      push(() => {
        throw error;
      }),
    complete: () => push(() => ({ done: true, value: undefined })),
  });
  try {
    for (;;) {
      const result = steps.shift()?.();
      if (result?.done) return;
      if (result) yield result.value;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    stop();
  }
}
