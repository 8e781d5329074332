/** Milliseconds between two looks at the gateway. */
const everyMs = 15_000;

/** Calls `look` from time to time while the page is visible, and at once when it becomes visible. */
export function pollWhileVisible(look: () => void): void {
  let timer: ReturnType<typeof setInterval> | undefined;
  const start = () => {
    clearInterval(timer);
    if (!document.hidden) timer = setInterval(look, everyMs);
  };
  start();
  document.addEventListener('visibilitychange', () => {
    start();
    if (!document.hidden) look();
  });
}
