import { endSignal } from '../../../base/end-signal.ts';
import { ProviderError } from '../failure/provider-error.ts';

/**
 * Stops one model call on abort, and when the provider sends nothing while somebody waits for it.
 *
 * A sign of life, such as a comment, a ping or an empty delta, counts as something. Signs of life alone are not waited
 * for without end: without a part of the answer, the wait ends after ten times the idle limit.
 */
export interface CallWatch extends Disposable {
  /** The signal for the model. Aborts with the caller's reason, on a time-out, and when the call has ended. */
  readonly signal: AbortSignal;
  /** Called when the signal aborts, or the provider was silent for too long. `throwIfStopped` has the reason. */
  onStop: () => void;
  /**
   * Waits for the beginning of the response.
   *
   * @param discard Receives a result that arrives after the wait was interrupted.
   * @throws The signal's reason, as soon as the signal aborts.
   */
  wait<T>(work: PromiseLike<T>, discard?: (late: T) => PromiseLike<unknown>): Promise<T>;
  /** From here on the caller waits for the provider. */
  beginWait(): void;
  /** From here on the caller works: the time counts no more. */
  endWait(): void;
  /** @throws The reason for which the call was stopped. */
  throwIfStopped(): void;
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
  let endGrace: (() => void) | undefined;
  let isStopped = false;
  const stop = (reason: unknown) => {
    isStopped = true;
    controller.abort(reason);
    watch.onStop();
    endGrace?.();
  };
  const onAbort = () => stop(caller.reason);
  caller.addEventListener('abort', onAbort, { once: true });
  let isWaiting = false;
  let waitingSince = 0;
  let newestLife = 0;
  watched.set(controller.signal, () => {
    const now = performance.now();
    if (now - waitingSince < idleTimeoutMs * lifeFactor) newestLife = now;
  });
  // One timer serves the whole call. It is set anew when it fires, and not for each part.
  let idleTimer: NodeJS.Timeout | undefined;
  const look = () => {
    idleTimer = undefined;
    if (!isWaiting) return;
    const left = Math.max(waitingSince, newestLife) + idleTimeoutMs - performance.now();
    if (left <= 0) stop(new ProviderError('PROVIDER_TIMEOUT'));
    else idleTimer = setTimeout(look, Math.ceil(left));
  };

  const watch: CallWatch = {
    signal: controller.signal,
    onStop: () => {},
    beginWait() {
      isWaiting = true;
      waitingSince = performance.now();
      idleTimer ??= setTimeout(look, idleTimeoutMs);
    },
    endWait() {
      isWaiting = false;
    },
    throwIfStopped() {
      if (isStopped) throw controller.signal.reason;
    },
    wait: (work, discard) =>
      new Promise((resolve, reject) => {
        watch.onStop = () => {
          // The work continues in the background. Without a handler, its failure would end the process.
          work.then(discard).then(undefined, () => {});
          reject(controller.signal.reason);
        };
        if (isStopped) return watch.onStop();
        watch.beginWait();
        const settle = () => {
          watch.endWait();
          watch.onStop = () => {};
        };
        work.then(
          (value) => {
            settle();
            resolve(value);
          },
          (error) => {
            settle();
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
  return watch;
}
