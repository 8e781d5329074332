import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Counts the lines of a scrolling element that are below its visible part. */
export function useHiddenLines() {
  const scroller = useRef<HTMLPreElement>(null);
  const [hiddenLines, setHiddenLines] = useState(0);
  useLayoutEffect(() => {
    const { current } = scroller;
    if (!current) return;
    const count = () => setHiddenLines(linesBelow(current));
    const observer = new ResizeObserver(count);
    observer.observe(current);
    current.addEventListener('scroll', count, { passive: true });
    count();
    return () => {
      observer.disconnect();
      current.removeEventListener('scroll', count);
    };
  }, []);
  return { scroller, hiddenLines };
}

function linesBelow(element: HTMLElement): number {
  const { lineHeight, paddingBottom } = getComputedStyle(element);
  const { scrollHeight, clientHeight, scrollTop } = element;
  const below = scrollHeight - clientHeight - scrollTop - Number.parseFloat(paddingBottom);
  // Browsers round heights to whole pixels.
  return below <= 1 ? 0 : Math.ceil(below / Number.parseFloat(lineHeight));
}
