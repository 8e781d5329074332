import type { Link } from './link.ts';

/**
 * How long a page is hidden before it disconnects, in milliseconds. Browsers allow six connections to a host, and other
 * tabs need them.
 */
const hiddenMs = 5_000;

/** Lets the link rest while the page is hidden, and wakes it when the page is shown or the network is back. */
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
