import { useEffect, useRef } from 'preact/hooks';
import { isComposing } from './is-composing.ts';
import type { Shortcut } from './shortcuts.ts';

/** Lets shortcuts act, except while a dialog or a menu is open, and for keys that a part of the page has handled. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const current = useRef(shortcuts);
  current.current = shortcuts;
  useEffect(() => {
    const act = (event: KeyboardEvent) => {
      const isCovered = document.querySelector('dialog[open], :popover-open') !== null;
      if (event.defaultPrevented || isComposing(event) || isCovered) return;
      const shortcut = current.current.find((each) => each.matches(event));
      if (shortcut?.act()) event.preventDefault();
    };
    // The window gets a key after the parts of the page.
    window.addEventListener('keydown', act);
    return () => window.removeEventListener('keydown', act);
  }, []);
}
