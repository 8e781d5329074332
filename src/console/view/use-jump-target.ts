import { useLayoutEffect, useState } from 'preact/hooks';
import type { StoredSession } from '../state/session.ts';
import type { StickToEnd } from './use-stick-to-end.ts';

/** How long the message is marked, in milliseconds. */
const markedMs = 5_000;

/**
 * Brings the message that somebody looks for into view, and gives it the focus.
 *
 * @returns The id of the message that is marked now.
 */
export function useJumpTarget(
  { jump }: StoredSession,
  scroller: { readonly current: HTMLElement | null },
  stick: StickToEnd,
): string | undefined {
  const [marked, setMarked] = useState<string>();
  const { value: id } = jump.target;
  useLayoutEffect(() => {
    if (id === undefined) return;
    // The message may be drawn later than it is looked for.
    const place = scroller.current?.querySelector<HTMLElement>(`[data-message="${CSS.escape(id)}"]`);
    if (!place) return;
    jump.target.value = undefined;
    stick.leave();
    setMarked(id);
    place.focus({ preventScroll: true });
    place.scrollIntoView({ block: 'center' });
    // What was not drawn before has another height now.
    requestAnimationFrame(() => place.scrollIntoView({ block: 'center' }));
  });
  useLayoutEffect(() => {
    if (marked === undefined) return;
    const timer = setTimeout(() => setMarked(undefined), markedMs);
    return () => clearTimeout(timer);
  }, [marked]);
  return marked;
}
