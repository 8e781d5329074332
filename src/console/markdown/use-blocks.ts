import { useEffect, useRef, useState } from 'preact/hooks';
import { type Blocks, hasMore, noBlocks, readBlocks } from './read-blocks.ts';

/** The page spends at most a quarter of its time on reading Markdown: after each reading it rests three times as long. */
const restFactor = 3;

/** Shorter readings need no rest, in milliseconds. Most texts take less than a millisecond. */
const shortMs = 8;

/** No text of the page is read before this time, because many texts may take long. In milliseconds, as `performance.now()`. */
let restsUntil = 0;

/** Reads a text that may grow. Until the page has time for it, the blocks lag behind. */
export function useBlocks(text: string): Blocks {
  const read = useRef(noBlocks);
  const [, draw] = useState(0);
  const source = useRef('');
  const start = performance.now();
  if (start >= restsUntil) {
    read.current = readBlocks(text, read.current);
    source.current = text;
    const took = performance.now() - start;
    if (took > shortMs) restsUntil = start + took * (1 + restFactor);
  } else if (source.current === '') {
    read.current = { ...noBlocks, text, rest: text };
  }
  const isBehind = source.current !== text || hasMore(read.current);
  useEffect(() => {
    if (!isBehind) return;
    const timer = setTimeout(() => draw((count) => count + 1), Math.max(0, restsUntil - performance.now()));
    return () => clearTimeout(timer);
  });
  return read.current;
}
