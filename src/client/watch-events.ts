import { LinkedAbort } from './linked-abort.ts';
import type { SubscribeOptions } from './transport.ts';

/** Tells that events may be missing: load again what you show. */
export interface WatchGap {
  readonly __typename: 'WatchGap';
  /** Empty where no event has come yet. */
  readonly cursor: string;
  readonly at: string;
}

export interface WatchOptions {
  /** Aborts to stop: then its reason is thrown. */
  signal?: AbortSignal | undefined;
  /** Called when the gateway has accepted the subscription, at each connection. */
  onOpen?: (() => void) | undefined;
  /** The `cursor` of the newest event that is known. Default: events come from now on. */
  after?: string | undefined;
}

/**
 * Yields the events of a watched session or viewer, each once, over lost connections. Where a connection is lost
 * before the first event, there is no cursor to continue from, so a gap is told as soon as there is another one.
 *
 * @param open Subscribes from the cursor on that it asks for at each connection.
 */
export async function* watchEvents<E extends { readonly cursor: string }>(
  open: (cursor: () => string | undefined, options: SubscribeOptions) => AsyncGenerator<E>,
  { after, signal = new AbortController().signal, onOpen }: WatchOptions,
): AsyncGenerator<E | WatchGap, void, undefined> {
  let cursor = after === '' ? undefined : after;
  let connections = 0;
  let isMissing = false;
  let wake = () => {};
  const opened = () => {
    connections += 1;
    isMissing = connections > 1 && cursor === undefined;
    wake();
    onOpen?.();
  };
  const leaving = new LinkedAbort(signal);
  const events = open(() => cursor, { signal: leaving.signal, onOpen: opened });
  let next: Promise<IteratorResult<E, void>> | undefined;
  try {
    for (;;) {
      next ??= events.next();
      if (cursor === undefined) {
        const gap = new Promise<void>((resolve) => {
          wake = () => isMissing && resolve();
          wake();
        });
        await Promise.race([next, gap]);
      }
      if (isMissing) {
        isMissing = false;
        yield { __typename: 'WatchGap', cursor: '', at: new Date().toISOString() };
        continue;
      }
      const { value, done } = await next;
      next = undefined;
      if (done) return;
      cursor = value.cursor;
      yield value;
    }
  } finally {
    leaving.unlink();
    leaving.abort();
    // Its failure is that of the connection that was just closed.
    next?.catch(() => undefined);
    events.return(undefined).catch(() => undefined);
  }
}
