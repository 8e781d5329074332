/** A source of run events that a test emits one by one. */
export interface RunEventSource extends AsyncIterable<unknown> {
  emit(...runEvents: object[]): void;
  /** Ends the source without a terminal run event. */
  end(): void;
  fail(error: Error): void;
  /** Resolves when the subscription has returned the iterator. */
  readonly returned: Promise<void>;
}

type Step = () => Promise<IteratorResult<unknown>>;

/** @param field The subscription field that returns the run events. */
export function createRunEventSource(field: 'chat' | 'runEvents'): RunEventSource {
  const waiting: ((step: Step) => void)[] = [];
  const ready: Step[] = [];
  let markReturned = () => {};
  const returned = new Promise<void>((resolve) => {
    markReturned = resolve;
  });
  const offer = (step: Step) => {
    const next = waiting.shift();
    if (next) next(step);
    else ready.push(step);
  };
  const done = async () => ({ done: true, value: undefined }) as const;

  return {
    returned,
    emit(...runEvents) {
      for (const runEvent of runEvents) offer(async () => ({ done: false, value: { [field]: runEvent } }));
    },
    end: () => offer(done),
    fail: (error) => offer(() => Promise.reject(error)),
    [Symbol.asyncIterator]: () => ({
      async next() {
        const step = ready.shift() ?? (await new Promise<Step>((resolve) => waiting.push(resolve)));
        return step();
      },
      async return() {
        markReturned();
        offer(done);
        return { done: true, value: undefined };
      },
    }),
  };
}
