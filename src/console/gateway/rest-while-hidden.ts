import type { Link } from './link.ts';

/** A page that nobody has looked at for so long gives its connection back: browsers have few. */
const hiddenMs = 5_000;

/** Lets the link rest while nobody sees the page, and wakes it when somebody does or the network is back. */
export function restWhileHidden(link: Link): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(link.rest, hiddenMs);
    else link.wake();
  };
  look();
  document.addEventListener('visibilitychange', look);
  window.addEventListener('online', link.wake);
}
