import { type ReadonlySignal, signal } from '@preact/signals';
import type { GatewayError } from '../../client/errors.ts';
import type { Follow, Unfollow } from './follow.ts';
import type { Identity } from './identity.ts';
import { createPageBackOff } from './page-back-off.ts';
import { openStream, type Stream } from './stream.ts';

/** Keeps subscriptions up: when the connection is lost it comes back, and each goes on where it was. */
export interface Link {
  /** Why there is no connection although one is wanted; undefined while all is well. */
  readonly trouble: ReadonlySignal<string | undefined>;
  follow<D, V>(follow: Follow<D, V>): Unfollow;
  /** Connects now, without waiting for the next attempt. */
  wake(): void;
  /** Disconnects until `wake`. Nothing is lost: what is followed goes on from there. */
  rest(): void;
}

/** A connection that held for so long was a good one. */
const goodMs = 5_000;

type Followed = Follow<unknown, unknown>;

export function createLink(identity: Identity): Link {
  const follows = new Map<Followed, Unfollow | undefined>();
  const trouble = signal<string | undefined>();
  const backOff = createPageBackOff();
  let stream: Stream | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let openedAt = 0;
  let resting = false;

  const start = (follow: Followed) => {
    const ended = () => follows.delete(follow);
    follows.set(follow, stream?.start(follow, ended));
  };
  const connect = () => {
    clearTimeout(timer);
    timer = undefined;
    if (resting || stream || follows.size === 0 || identity.demand.value !== undefined) return;
    openedAt = Number.POSITIVE_INFINITY;
    stream = openStream({
      headers: identity.headers,
      opened() {
        openedAt = Date.now();
        trouble.value = undefined;
      },
      lost,
    });
    for (const follow of [...follows.keys()]) start(follow);
  };
  const lost = (error: GatewayError) => {
    stream = undefined;
    if (error.isUnauthenticated) return identity.refused(error.message);
    if (resting) return;
    if (Date.now() - openedAt > goodMs) backOff.reset();
    trouble.value = error.message;
    timer = setTimeout(connect, backOff.next(error.retryAfterMs));
  };
  return {
    trouble,
    follow(follow) {
      const followed = follow as Followed;
      if (stream) start(followed);
      else {
        follows.set(followed, undefined);
        if (timer === undefined) connect();
      }
      return () => {
        follows.get(followed)?.();
        follows.delete(followed);
      };
    },
    wake() {
      resting = false;
      connect();
    },
    rest() {
      resting = true;
      clearTimeout(timer);
      timer = undefined;
      stream?.close();
      stream = undefined;
    },
  };
}
