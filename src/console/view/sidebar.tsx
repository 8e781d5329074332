import { useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from '../controls/icon.tsx';
import { hashOf } from '../state/address.ts';
import { useApp } from './app-context.ts';
import { PageTools } from './page-tools.tsx';
import { SessionNav } from './session-nav.tsx';
import { SkipLink } from './skip-link.tsx';

export interface SidebarProps {
  /** Used on narrow screens only, where the sidebar is a drawer over the page. */
  isOpen: boolean;
  close(): void;
  showHelp(): void;
}

export function Sidebar({ isOpen, close, showHelp }: SidebarProps) {
  const { identity, account, signOut } = useApp();
  const sidebar = useRef<HTMLElement>(null);
  // A layout effect, because Escape may be pressed before the browser has painted the drawer.
  useLayoutEffect(() => {
    if (!isOpen) return;
    sidebar.current?.querySelector<HTMLElement>('.close')?.focus();
    const closeOnEscape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      close();
    };
    document.addEventListener('keydown', closeOnEscape);
    return () => {
      document.removeEventListener('keydown', closeOnEscape);
      document.querySelector<HTMLElement>('.menu')?.focus();
    };
  }, [isOpen]);
  return (
    <>
      <aside class="sidebar" ref={sidebar} aria-label="Switchyard">
        <SkipLink />
        <header class="brand">
          <img src="/console/icon.svg" alt="" />
          <span>Switchyard</span>
          <button
            type="button"
            class="quiet icon-only close"
            aria-label="Close the list of sessions"
            onClick={close}
          >
            <Icon name="close" />
          </button>
        </header>
        <a class="button new-session" data-focus-home href={hashOf(undefined)} onClick={close}>
          <Icon name="plus" /> New session
        </a>
        <SessionNav opened={close} />
        <PageTools showHelp={showHelp} />
        {identity.hasToken.value && (
          <footer class="who">
            <span class="cut" dir="auto">
              {account.viewer.value?.userId}
            </span>
            <button type="button" class="quiet small" onClick={signOut}>
              Sign out
            </button>
          </footer>
        )}
      </aside>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keyboard users close the drawer with Escape or the button */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the same */}
      <div class="scrim" onClick={close} />
    </>
  );
}
