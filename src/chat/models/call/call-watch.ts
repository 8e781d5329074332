import { endSignal } from '../../../base/end-signal.ts';
import { ProviderError } from '../failure/provider-error.ts';

/**
 * Waits for the steps of one model call, and interrupts the wait on abort and when the provider sends nothing.
 *
 * A sign of life, such as a comment, a ping or an empty delta, counts as something. Signs of life alone are not waited
 * for without end: without a part of the answer, the wait ends after ten times the idle limit.
 */
export interface CallWatch extends Disposable {
  /** The signal for the model. Aborts with the caller's reason, on a time-out, and when the call has ended. */
  readonly signal: AbortSignal;
  /**
   * Waits for one step of the call. Call it for one step at a time.
   *
   * @param discard Receives a result that arrives after the wait was interrupted.
   * @throws The signal's reason, as soon as the signal aborts.
   */
  wait<T>(work: PromiseLike<T>, discard?: (late: T) => PromiseLike<unknown>): Promise<T>;
  /** Waits for the end of the body, for a second at most. A connection is only reused when its body was read. */
  waitForEnd(work: PromiseLike<unknown>): Promise<void>;
}

/** How long `waitForEnd` waits, in milliseconds. */
const endGraceMs = 1_000;
/** How many times the idle limit a wait takes at most while the provider sends only signs of life. */
const lifeFactor = 10;

/** What to do on a sign of life, by the signal of the call. The packages of the providers pass only the signal on. */
const watched = new WeakMap<AbortSignal, () => void>();

/** Tells the watch of a call that its provider has sent something. `signal` is the one that the watch gave. */
export function reportLife(signal: AbortSignal): void {
  watched.get(signal)?.();
}

/** @param idleTimeoutMs How long the provider may send nothing before a `wait` fails with `PROVIDER_TIMEOUT`. */
export function watchCall(caller: AbortSignal, idleTimeoutMs: number): CallWatch {
  caller.throwIfAborted();
  const controller = new AbortController();
  let interrupt: ((reason: unknown) => void) | undefined;
  let endGrace: (() => void) | undefined;
  const stop = (reason: unknown) => {
    controller.abort(reason);
    interrupt?.(reason);
    endGrace?.();
  };
  const onAbort = () => stop(caller.reason);
  caller.addEventListener('abort', onAbort, { once: true });
  let waitingSince = performance.now();
  watched.set(controller.signal, () => {
    if (performance.now() - waitingSince < idleTimeoutMs * lifeFactor) idleTimer.refresh();
  });
  // One timer serves the whole call. It may fire while the caller is slow and nothing is awaited: then it is ignored.
  const idleTimer = setTimeout(() => {
    if (interrupt !== undefined) stop(new ProviderError('PROVIDER_TIMEOUT'));
  }, idleTimeoutMs);

  return {
    signal: controller.signal,
    wait: (work, discard) =>
      new Promise((resolve, reject) => {
        const settled = () => {
          interrupt = undefined;
        };
        interrupt = (reason) => {
          settled();
          // The work continues in the background. Without a handler, its failure would end the process.
          work.then(discard).then(undefined, () => {});
          reject(reason);
        };
        if (controller.signal.aborted) return interrupt(controller.signal.reason);
        waitingSince = performance.now();
        idleTimer.refresh();
        work.then(
          (value) => {
            settled();
            resolve(value);
          },
          (error) => {
            settled();
            reject(error);
          },
        );
      }),
    async waitForEnd(work) {
      let timer: NodeJS.Timeout | undefined;
      const grace = new Promise<void>((resolve) => {
        endGrace = resolve;
        timer = setTimeout(resolve, endGraceMs);
      });
      await Promise.race([work, grace]).catch(() => {});
      clearTimeout(timer);
    },
    [Symbol.dispose]() {
      clearTimeout(idleTimer);
      caller.removeEventListener('abort', onAbort);
      endSignal(controller);
    },
  };
}
