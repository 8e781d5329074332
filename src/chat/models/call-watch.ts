import { setTimeout as delay } from 'node:timers/promises';
import { ProviderError } from './provider-error.ts';

/** Watches over one model call: whatever is awaited through it ends on abort and on silence. */
export interface CallWatch extends Disposable {
  /** For the model: aborted with the caller's reason, on silence, and when the call is over. */
  readonly signal: AbortSignal;
  /**
   * Awaits one step of the call. One at a time.
   * @param discard Gets a result that arrives when nobody waits for it any more.
   * @throws The signal's reason, as soon as it is aborted.
   */
  wait<T>(work: PromiseLike<T>, discard?: (late: T) => PromiseLike<unknown>): Promise<T>;
  /** Awaits the end of the body, so that its connection can be used again; for a second at most. */
  waitForEnd(work: PromiseLike<unknown>): Promise<void>;
}

const endGraceMs = 1_000;

/** @param idleTimeoutMs How long one `wait` may take before it ends in `PROVIDER_TIMEOUT`. */
export function watchCall(caller: AbortSignal, idleTimeoutMs: number): CallWatch {
  caller.throwIfAborted();
  const controller = new AbortController();
  let interrupt: ((reason: unknown) => void) | undefined;
  const stop = (reason: unknown) => {
    controller.abort(reason);
    interrupt?.(reason);
  };
  const onAbort = () => stop(caller.reason);
  caller.addEventListener('abort', onAbort, { once: true });
  // One timer for the whole call: it may fire while the caller is slow, then it means nothing.
  const silence = setTimeout(() => {
    if (interrupt !== undefined) stop(new ProviderError('PROVIDER_TIMEOUT'));
  }, idleTimeoutMs);

  return {
    signal: controller.signal,
    async wait(work, discard) {
      try {
        controller.signal.throwIfAborted();
        silence.refresh();
        return await new Promise((resolve, reject) => {
          interrupt = reject;
          work.then(resolve, reject);
        });
      } catch (error) {
        // The work goes on by itself; a failure that nobody catches would end the process.
        work.then(discard).then(undefined, () => {});
        throw error;
      } finally {
        interrupt = undefined;
      }
    },
    async waitForEnd(work) {
      const grace = delay(endGraceMs, undefined, { signal: controller.signal });
      await Promise.race([work, grace]).catch(() => {});
    },
    [Symbol.dispose]() {
      clearTimeout(silence);
      caller.removeEventListener('abort', onAbort);
      controller.abort();
    },
  };
}
