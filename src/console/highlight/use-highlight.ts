import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { highlight } from './highlighter.ts';
import { grammarOf } from './languages.ts';
import type { Mark } from './marks.ts';

/** How long growing code rests before it is read again, in milliseconds. */
const restMs = 200;

/** The beginning of a code that has been read, or all of it. */
export interface Highlighted {
  readonly code: string;
  readonly marks: readonly Mark[];
}

/**
 * Highlights code when it comes near the visible part of the page. While the code grows, what is new stays plain until
 * it has been read.
 *
 * @param info What stands behind the three backticks.
 * @param place The element that shows the code.
 */
export function useHighlight(
  code: string,
  info: string | undefined,
  place: RefObject<Element | null>,
): Highlighted | undefined {
  const grammar = grammarOf(info);
  const [read, setRead] = useState<Highlighted>();
  const [, draw] = useState(0);
  const [isNear, setNear] = useState(false);
  const wanted = useRef(code);
  wanted.current = code;
  useEffect(() => {
    if (grammar === undefined || !place.current) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && setNear(true),
      { rootMargin: '300px' },
    );
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [grammar]);
  const isReading = useRef(false);
  const hasFailed = useRef(false);
  const isLeft = useRef(false);
  useEffect(() => {
    isLeft.current = false;
    return () => {
      isLeft.current = true;
    };
  }, []);
  useEffect(() => {
    if (!isNear || grammar === undefined || isReading.current || hasFailed.current) return;
    if (read?.code === code) return;
    isReading.current = true;
    void (async () => {
      const { current: asked } = wanted;
      const marks = await highlight(asked, grammar);
      if (isLeft.current) return;
      hasFailed.current = marks === undefined;
      if (marks !== undefined) setRead({ code: asked, marks });
      await new Promise((resolve) => setTimeout(resolve, restMs));
      isReading.current = false;
      // Draws again if the code has grown meanwhile, so that this effect runs.
      if (!isLeft.current && wanted.current !== asked) draw((count) => count + 1);
    })();
  });
  return read !== undefined && code.startsWith(read.code) ? read : undefined;
}
