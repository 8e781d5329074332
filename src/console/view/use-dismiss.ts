import { useEffect } from 'preact/hooks';

/** Opens a popup below its button. Closes it when the user presses Escape or clicks outside of it. */
export function useDismiss(details: { readonly current: HTMLDetailsElement | null }): void {
  useEffect(() => {
    const { current: popup } = details;
    const place = () => popup?.style.setProperty('--start', `${popup.offsetLeft}px`);
    const dismiss = (event: Event) => {
      const { current } = details;
      // What is pressed in a dialog or menu above the popup belongs to the dialog.
      if (!current?.open || document.querySelector('dialog[open], :popover-open')) return;
      const isEscape = event instanceof KeyboardEvent && event.key === 'Escape';
      const isOutside = event.type === 'pointerdown' && !current.contains(event.target as Node);
      if (!isEscape && !isOutside) return;
      current.open = false;
      if (!isEscape) return;
      // This Escape is used up: it must not stop the answer too.
      event.preventDefault();
      current.querySelector('summary')?.focus();
    };
    popup?.addEventListener('click', place);
    document.addEventListener('keydown', dismiss);
    document.addEventListener('pointerdown', dismiss);
    return () => {
      popup?.removeEventListener('click', place);
      document.removeEventListener('keydown', dismiss);
      document.removeEventListener('pointerdown', dismiss);
    };
  }, []);
}
