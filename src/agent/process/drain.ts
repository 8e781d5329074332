import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';

const quietMs = 100;
const longestMs = 2_000;

/**
 * Waits until everything that lies in a pipe has been read, and closes it. The end of the pipe may never come,
 * where a process that nobody waits for holds it: then a pause stands for it.
 */
export async function drain(pipe: Readable): Promise<void> {
  const deadline = performance.now() + longestMs;
  let isBusy = true;
  const note = () => {
    isBusy = true;
  };
  pipe.on('data', note);
  const closed = finished(pipe).catch(() => undefined);
  while (isBusy && !pipe.closed && performance.now() < deadline) {
    isBusy = false;
    await Promise.race([closed, delay(quietMs)]);
    // A process that was held up finds its timers due before it has read anything.
    await setImmediate();
  }
  pipe.destroy();
}
