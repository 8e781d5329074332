import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** A reader who is this close to the end counts as being at the end, in pixels. */
const nearPx = 48;

interface ElementRef {
  readonly current: HTMLElement | null;
}

export interface StickToEnd {
  readonly isAtEnd: ReadonlySignal<boolean>;
  toEnd(): void;
  /** Stays where the reader is, although the content grows. */
  leave(): void;
}

/** Scrolls to the end of a growing content, until the reader scrolls up. */
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
    let height = view.clientHeight;
    const scrolled = () => {
      const isNear = view.scrollHeight - view.scrollTop - view.clientHeight <= nearPx;
      // Growing content moves the end away and never scrolls up. A view that grows does, when the field below it is emptied.
      const isReader = view.scrollTop < last && view.clientHeight <= height;
      if (isNear) isAtEnd.value = true;
      else if (isReader) isAtEnd.value = false;
      last = view.scrollTop;
      height = view.clientHeight;
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
  const leave = () => {
    isAtEnd.value = false;
  };
  return { isAtEnd, toEnd, leave };
}
