import { type ReadonlySignal, signal } from '@preact/signals';

/** What the page tells for a moment: that something was done, and how it is undone. */
interface Notice {
  readonly text: string;
  readonly action?: { readonly label: string; act(): unknown };
}

export interface Notices {
  readonly current: ReadonlySignal<Notice | undefined>;
  /** Shows a notice in place of the one before. */
  show(text: string, action?: Notice['action']): void;
  dismiss(): void;
  /** Lets the notice stay as long as somebody points at it or has the focus in it. */
  hold(isHeld: boolean): void;
}

/** How long a notice is shown, in milliseconds. */
const shownMs = 12_000;

export function createNotices(): Notices {
  const current = signal<Notice | undefined>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const dismiss = () => {
    clearTimeout(timer);
    current.value = undefined;
  };
  const restart = () => {
    clearTimeout(timer);
    timer = setTimeout(dismiss, shownMs);
  };
  return {
    current,
    show(text, action) {
      current.value = { text, ...(action && { action }) };
      restart();
    },
    dismiss,
    hold(isHeld) {
      if (isHeld) clearTimeout(timer);
      else restart();
    },
  };
}
