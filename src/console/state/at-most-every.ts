/**
 * A function that does something at once, and then at most once in each period: what it is called for meanwhile is done
 * together, at the end of the period.
 *
 * @param ms The period, in milliseconds.
 */
export function atMostEvery(ms: number, act: () => unknown): () => void {
  let resting: ReturnType<typeof setTimeout> | undefined;
  let isBehind = false;
  return function call() {
    isBehind = resting !== undefined;
    if (isBehind) return;
    act();
    resting = setTimeout(() => {
      resting = undefined;
      if (isBehind) call();
    }, ms);
  };
}
