/** Creates a lock: `acquire` resolves, first come, first served, with the function that releases the lock. */
export function createLock(): () => Promise<() => void> {
  let last = Promise.resolve();
  return async () => {
    const before = last;
    let release = () => {};
    last = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    return release;
  };
}

/** Creates a lock for each key. Work with the same key runs one after the other, in the order of the calls. */
export function createKeyedLock<Key>(): <T>(key: Key, work: () => Promise<T>) => Promise<T> {
  const last = new Map<Key, Promise<unknown>>();
  return async (key, work) => {
    const done = Promise.resolve(last.get(key)).then(work);
    // The next work must also run when this work fails.
    const settled = done.catch(() => undefined);
    last.set(key, settled);
    try {
      return await done;
    } finally {
      if (last.get(key) === settled) last.delete(key);
    }
  };
}
