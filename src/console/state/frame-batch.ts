/** Two updates of a text are one millisecond apart for each of this many characters, and at least one frame. */
const charactersPerMs = 2_000;

/**
 * Collects items and hands them over once per frame. Long texts are updated less often, because drawing them takes
 * longer.
 *
 * @param length The present length of the text, in characters.
 */
export function createFrameBatch<T>(handOver: (items: readonly T[]) => void, length: () => number) {
  let items: T[] = [];
  let frame = 0;
  let last = 0;
  const flush = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    last = performance.now();
    const taken = items;
    items = [];
    if (taken.length > 0) handOver(taken);
  };
  const tick = (now: number) => {
    if (now - last >= length() / charactersPerMs) flush();
    else frame = requestAnimationFrame(tick);
  };
  return {
    push(item: T) {
      items.push(item);
      if (frame === 0) frame = requestAnimationFrame(tick);
    },
    /** Hands over at once. */
    flush,
  };
}
