import type { ComponentChildren } from 'preact';

export interface ActionButtonProps {
  class?: string;
  label?: string;
  title?: string;
  /** Whether the action goes on. The button then ignores clicks, and keeps the focus, which a disabled one would lose. */
  isBusy: boolean;
  /** Whether it gets the focus when the focused element beside it disappears. */
  isFocusHome?: boolean;
  act(): unknown;
  children: ComponentChildren;
}

/** A button whose action takes a while. */
export function ActionButton({
  class: className,
  label,
  title,
  isBusy,
  isFocusHome,
  act,
  children,
}: ActionButtonProps) {
  return (
    <button
      type="button"
      class={className}
      aria-label={label}
      title={title}
      aria-disabled={isBusy}
      data-focus-home={isFocusHome || undefined}
      onClick={() => void (isBusy || act())}
    >
      {children}
    </button>
  );
}
