import type { ComponentChildren } from 'preact';

export interface ActionButtonProps {
  class?: string;
  label?: string;
  title?: string;
  /** Whether the action goes on. The button then ignores clicks, and keeps the focus, which a disabled one would lose. */
  isBusy: boolean;
  act(): unknown;
  children: ComponentChildren;
}

/** A button whose action takes a while. */
export function ActionButton({ class: className, label, title, isBusy, act, children }: ActionButtonProps) {
  return (
    <button
      type="button"
      class={className}
      aria-label={label}
      title={title}
      aria-disabled={isBusy}
      onClick={() => void (isBusy || act())}
    >
      {children}
    </button>
  );
}
