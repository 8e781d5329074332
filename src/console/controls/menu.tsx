import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface MenuItem {
  label: string;
  /** Begins a new group: a line is above it. */
  isApart?: boolean;
  /** Whether it deletes something. */
  isDanger?: boolean;
  act(): unknown;
}

interface MenuProps {
  /** What the button is called. */
  label: string;
  class?: string;
  /** What the button shows. */
  children: ComponentChildren;
  /** Called when the menu opens. */
  items(): readonly MenuItem[];
}

/** Pixels between the menu and the edge of the window. */
const margin = 8;

/** A button that opens a list of actions. The arrow keys move along it, Escape closes it. */
export function Menu({ label, class: className, children, items }: MenuProps) {
  const [opened, setOpened] = useState<readonly MenuItem[]>();
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  return (
    <>
      <button
        ref={button}
        type="button"
        class={className}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={opened !== undefined}
        aria-controls={opened && id}
        onClick={() => setOpened((before) => (before ? undefined : items()))}
      >
        {children}
      </button>
      {opened && (
        <List id={id} label={label} items={opened} button={button} closed={() => setOpened(undefined)} />
      )}
    </>
  );
}

interface ListProps {
  id: string;
  label: string;
  items: readonly MenuItem[];
  button: { readonly current: HTMLElement | null };
  closed(): void;
}

/** The list lies above everything else. The browser closes it at Escape, and when something else is pressed. */
function List({ id, label, items, button, closed }: ListProps) {
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { current: menu } = list;
    if (!menu || !button.current) return;
    menu.showPopover();
    place(menu, button.current.getBoundingClientRect());
    menu.querySelector<HTMLElement>('[role="menuitem"]')?.focus({ preventScroll: true });
    // What is below the list scrolls away from it.
    const scrolled = ({ target }: Event) => target !== menu && menu.hidePopover();
    window.addEventListener('scroll', scrolled, { capture: true });
    window.addEventListener('resize', scrolled);
    return () => {
      window.removeEventListener('scroll', scrolled, { capture: true });
      window.removeEventListener('resize', scrolled);
    };
  }, []);
  const move = (event: KeyboardEvent) => {
    const all = [...(list.current?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])];
    const index = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 }[event.key];
    if (event.key === 'Tab') list.current?.hidePopover();
    if (next === undefined) return;
    event.preventDefault();
    all.at(next % all.length)?.focus();
  };
  return (
    <div
      ref={list}
      id={id}
      popover="auto"
      role="menu"
      aria-label={label}
      class="menu-list"
      onKeyDown={move}
      onToggle={({ newState }) => newState === 'closed' && closed()}
    >
      {items.map((item) => (
        <button
          key={item.label}
          type="button"
          role="menuitem"
          class={
            [item.isApart && 'apart', item.isDanger && 'dangerous'].filter(Boolean).join(' ') || undefined
          }
          onClick={() => {
            // First, so that the focus is back on the button before a dialog opens.
            list.current?.hidePopover();
            button.current?.focus();
            item.act();
          }}
        >
          {item.label}
        </button>
      ))}
    </div>
  );
}

/** Below the button, or above it where there is no room below. */
function place(menu: HTMLElement, { top, bottom, right }: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = Math.min(Math.max(margin, right - width), innerWidth - width - margin);
  const isBelow = bottom + height + margin <= innerHeight || top - height < margin;
  menu.style.left = `${left}px`;
  menu.style.top = `${isBelow ? Math.min(bottom + 4, innerHeight - height - margin) : top - height - 4}px`;
}
