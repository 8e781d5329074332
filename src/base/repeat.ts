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
