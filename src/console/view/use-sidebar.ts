import { useLayoutEffect, useState } from 'preact/hooks';

/** As in the style sheet: here the sidebar is a drawer over the page. */
const narrow = '(max-width: 45em)';

/** Whether the sidebar is shown. On a narrow screen it is a drawer, which is closed at first. */
export function useSidebar() {
  const [isDrawerOpen, setDrawerOpen] = useState(false);
  const [isHidden, setHidden] = useState(false);
  const [isSearchWanted, setSearchWanted] = useState(false);
  const isNarrow = () => matchMedia(narrow).matches;
  const open = () => (isNarrow() ? setDrawerOpen(true) : setHidden(false));
  // After the sidebar is drawn: a hidden field cannot take the focus.
  useLayoutEffect(() => {
    if (!isSearchWanted) return;
    setSearchWanted(false);
    document.querySelector<HTMLElement>('.search')?.focus();
  }, [isSearchWanted]);
  return {
    isDrawerOpen,
    className: [isDrawerOpen && 'drawer-open', isHidden && 'sidebar-hidden'].filter(Boolean).join(' '),
    open,
    /** Closes the drawer. */
    close: () => setDrawerOpen(false),
    toggle: () => (isNarrow() ? setDrawerOpen((isOpen) => !isOpen) : setHidden((before) => !before)),
    /** Shows the sidebar, and gives the focus to its search. */
    search() {
      open();
      setSearchWanted(true);
    },
  };
}
