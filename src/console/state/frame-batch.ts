/** Characters of an answer for each of which a frame may take longer by so much. */
const charactersPerMs = 2_000;

/**
 * Collects what arrives and hands it over once a frame; less often for a long text, which takes longer to show.
 *
 * @param length How long the text is by now, in characters.
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
    /** Forgets what was not handed over. */
    cancel() {
      cancelAnimationFrame(frame);
      items = [];
    },
  };
}
