/** Calls `then` once the signal aborts: at once where it has, which no listener would be told. */
export function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener('abort', then, { once: true });
}
