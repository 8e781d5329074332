/**
 * Yields what the source yields until the signal aborts. Then it throws the signal's reason at once, even if the
 * source is stuck. The caller that aborts must end a stuck source itself.
 */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal?: AbortSignal): AsyncIterable<T> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  signal.throwIfAborted();
  const iterator = source[Symbol.asyncIterator]();
  let stuck = true;
  try {
    for (;;) {
      const { done, value } = await raceAbort(iterator.next(), signal);
      stuck = false;
      if (done) return;
      yield value;
      stuck = true;
    }
  } finally {
    const ended = iterator.return?.();
    if (!stuck) await ended;
    else ended?.catch(() => {});
  }
}

// `Promise.race` with one promise for the signal would keep every chunk in memory until the upload has ended.
function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
