/** What waits to be drawn. The last one comes first, because it is nearest to what the user reads. */
const waiting: (() => void)[] = [];
let isScheduled = false;

/**
 * Draws a message in a turn of its own, so that a page of messages with code and tables never holds up a scroll or a key.
 *
 * @returns Takes it back, for a message that is not shown any more.
 */
export function drawSoon(draw: () => void): () => void {
  waiting.push(draw);
  schedule();
  return () => {
    const index = waiting.indexOf(draw);
    if (index >= 0) waiting.splice(index, 1);
  };
}

function schedule(): void {
  if (isScheduled || waiting.length === 0) return;
  isScheduled = true;
  setTimeout(() => {
    isScheduled = false;
    waiting.pop()?.();
    schedule();
  });
}
