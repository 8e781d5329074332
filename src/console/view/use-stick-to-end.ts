import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** This close to its end, a reader is at the end. */
const nearPx = 48;

interface ElementRef {
  readonly current: HTMLElement | null;
}

export interface StickToEnd {
  readonly isAtEnd: ReadonlySignal<boolean>;
  toEnd(): void;
}

/** Keeps the end of a growing text in sight, for as long as the reader is there. */
export function useStickToEnd(scroller: ElementRef, content: ElementRef): StickToEnd {
  const isAtEnd = useSignal(true);
  const toEnd = () => {
    const { current } = scroller;
    if (current) current.scrollTop = current.scrollHeight;
    isAtEnd.value = true;
  };
  useEffect(() => {
    const { current: view } = scroller;
    const { current: text } = content;
    if (!view || !text) return;
    let last = view.scrollTop;
    const scrolled = () => {
      const isNear = view.scrollHeight - view.scrollTop - view.clientHeight <= nearPx;
      // Text that grows moves the end away; only the reader moves up.
      if (isNear) isAtEnd.value = true;
      else if (view.scrollTop < last) isAtEnd.value = false;
      last = view.scrollTop;
    };
    const observer = new ResizeObserver(() => {
      if (isAtEnd.peek()) toEnd();
    });
    observer.observe(text);
    observer.observe(view);
    view.addEventListener('scroll', scrolled, { passive: true });
    return () => {
      observer.disconnect();
      view.removeEventListener('scroll', scrolled);
    };
  }, []);
  return { isAtEnd, toEnd };
}
