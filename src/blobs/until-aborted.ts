/**
 * What the source yields, until the signal aborts: then it throws the signal's reason at once, also where the
 * source is stuck. Whoever aborts has to end such a source.
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
      const { done, value } = await orAborted(iterator.next(), signal);
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

// Not `Promise.race`: a signal's promise that lives as long as the upload would keep every chunk until then.
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
