import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';

/** After this long without output, the pipe counts as read. */
const quietMs = 100;
const longestMs = 2_000;

/**
 * Reads the rest of a pipe and closes it. A process that left the process group may keep its end of the pipe open
 * forever, so the reading also ends after a pause without output, and after 2 seconds in any case.
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
    // After a long block of the event loop, timers fire before pending data is read: let the data come first.
    await setImmediate();
  }
  pipe.destroy();
}
