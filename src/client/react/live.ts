/** A state that is kept current while somebody looks at it. */
export interface Live<S> {
  /** The same object until something changes. */
  readonly current: () => S;
  /** Returns a function that stops listening. */
  readonly subscribe: (changed: () => void) => () => void;
}

export interface LiveOptions<S> {
  initial: S;
  /** Keeps the state current until the signal aborts. Called with the first listener, and again after a pause without. */
  open(set: (change: (state: S) => S) => void, signal: AbortSignal): void;
  /** Called when it is closed. It can be opened again. */
  onClose?: (() => void) | undefined;
}

export interface Writable<S> extends Live<S> {
  update(change: (state: S) => S): void;
  /** Tells the listeners at once what has changed. */
  flush(): void;
}

/** Text that streams is drawn about as often as a screen is, in milliseconds. */
const frameMs = 16;

/**
 * Opens with the first listener and closes a moment after the last one: React removes and adds its listener again
 * when it changes what it shows, and the connection must not close for that.
 */
export function createLive<S>({ initial, open, onClose }: LiveOptions<S>): Writable<S> {
  const listeners = new Set<() => void>();
  let state = initial;
  let shown = initial;
  let opened: AbortController | undefined;
  let drawing: ReturnType<typeof setTimeout> | undefined;

  const draw = () => {
    clearTimeout(drawing);
    drawing = undefined;
    if (shown === state) return;
    shown = state;
    for (const listener of [...listeners]) listener();
  };
  const update = (change: (state: S) => S) => {
    const changed = change(state);
    if (changed === state) return;
    state = changed;
    drawing ??= setTimeout(draw, frameMs);
  };
  return {
    current: () => shown,
    update,
    flush: draw,
    subscribe(changed) {
      // React may give the same function twice.
      const listener = () => changed();
      listeners.add(listener);
      if (!opened) {
        const opening = new AbortController();
        opened = opening;
        open((change) => {
          if (!opening.signal.aborted) update(change);
        }, opening.signal);
      }
      return () => {
        listeners.delete(listener);
        setTimeout(() => {
          if (listeners.size > 0 || !opened) return;
          opened.abort();
          opened = undefined;
          onClose?.();
        });
      };
    },
  };
}
