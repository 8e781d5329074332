/** Tells other tabs of this browser that something may have changed, and listens to them. */
export interface Tabs {
  tell(): void;
  /** Called when another tab tells of a change. */
  listen(onChange: () => void): void;
}

/** The gateway may still be storing what a tab tells of, and a tab tells of several changes at once. */
const gatherMs = 300;

/** @param what Names what may have changed. */
export function createTabs(what: 'recordings'): Tabs {
  const channel = new BroadcastChannel(`switchyard.${what}`);
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    tell() {
      clearTimeout(timer);
      timer = setTimeout(() => channel.postMessage('changed'), gatherMs);
    },
    listen(onChange) {
      channel.addEventListener('message', onChange);
    },
  };
}
