/** Calls `then` when the signal aborts, or at once if it has aborted already: a listener would then never be called. */
export function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener('abort', then, { once: true });
}
