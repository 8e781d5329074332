/**
 * Does work again and again, until the result is disposed. Disposing waits for what is being done. While it takes longer than
 * the pause, the times in between are left out.
 *
 * @param everyMs Milliseconds from one start to the next. The first one comes after the first pause.
 * @param work Must not reject.
 */
export function repeat(everyMs: number, work: () => Promise<void>): AsyncDisposable {
  let working: Promise<void> | undefined;
  const timer = setInterval(() => {
    working ??= work().finally(() => {
      working = undefined;
    });
  }, everyMs).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await working;
    },
  };
}

/**
 * As `repeat`, but the first one comes at once.
 *
 * @param work Gets a signal that aborts when the result is disposed. Must not reject.
 */
export function repeatFromStart(
  everyMs: number,
  work: (closing: AbortSignal) => Promise<void>,
): AsyncDisposable {
  const closing = new AbortController();
  const doWork = () => work(closing.signal);
  const first = doWork();
  const later = repeat(everyMs, doWork);
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await Promise.all([first, later[Symbol.asyncDispose]()]);
    },
  };
}
