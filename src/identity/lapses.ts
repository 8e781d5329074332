import type { Logger } from 'pino';
import { longestTimerMs } from '../config/longest-timer.ts';
import type { ApiTokens } from './api-tokens.ts';
import { revoked } from './api-tokens.ts';
import { expired, unauthenticated } from './unauthenticated.ts';
import type { Viewer } from './viewer.ts';

/** A watch over what a viewer is known by. Disposing ends it. */
export interface Lapse extends Disposable {
  /** Aborts when that is not good any more; its reason is the GatewayError UNAUTHENTICATED that says why. */
  readonly signal: AbortSignal;
}

/** Finds out that tokens stop being good, for what outlives the request that it began with. */
export interface Lapses extends AsyncDisposable {
  /** Undefined for a viewer who is known for good. */
  watch(viewer: Viewer): Lapse | undefined;
}

export interface LapsesOptions {
  tokens: ApiTokens;
  /** How often is looked which tokens were revoked: that may happen in another process. */
  everyMs: number;
  log: Logger;
}

export function createLapses({ tokens, everyMs, log }: LapsesOptions): Lapses {
  const watched = new Map<number, Set<AbortController>>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();

  const look = async () => {
    const unrevoked = new Set(await tokens.findUnrevoked([...watched.keys()]));
    for (const [id, controllers] of watched) {
      if (unrevoked.has(id)) continue;
      for (const controller of controllers) controller.abort(unauthenticated(revoked));
    }
  };
  const lookLater = () => {
    timer ??= setTimeout(() => {
      looking = look()
        .catch((err) => log.warn({ err }, 'revoked tokens could not be looked for'))
        .finally(() => {
          timer = undefined;
          if (watched.size > 0) lookLater();
        });
    }, everyMs);
  };
  const watchToken = (id: number, controller: AbortController) => {
    const controllers = watched.get(id) ?? new Set();
    watched.set(id, controllers.add(controller));
    lookLater();
    return () => {
      controllers.delete(controller);
      if (controllers.size === 0 && watched.get(id) === controllers) watched.delete(id);
    };
  };
  return {
    watch({ apiTokenId, expiresAt }) {
      if (apiTokenId === null && expiresAt === null) return undefined;
      const controller = new AbortController();
      const stopWaiting = expiresAt ? abortAt(expiresAt, controller) : () => {};
      const stopWatching = apiTokenId === null ? () => {} : watchToken(apiTokenId, controller);
      return {
        signal: controller.signal,
        [Symbol.dispose]() {
          stopWaiting();
          stopWatching();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      watched.clear();
      clearTimeout(timer);
      await looking;
    },
  };
}

/** Returns what stops the clock. */
function abortAt(time: Date, controller: AbortController): () => void {
  let timer: NodeJS.Timeout;
  const wait = () => {
    const ms = time.getTime() - Date.now();
    if (ms <= 0) return controller.abort(unauthenticated(expired));
    timer = setTimeout(wait, Math.min(ms, longestTimerMs));
  };
  wait();
  return () => clearTimeout(timer);
}
