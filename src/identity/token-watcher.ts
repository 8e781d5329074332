import type { Logger } from 'pino';
import { longestTimerMs } from '../config/longest-timer.ts';
import type { ApiTokens } from './api-tokens.ts';
import { revoked } from './api-tokens.ts';
import { expired, unauthenticated } from './unauthenticated.ts';
import type { Viewer } from './viewer.ts';

/** Watches the token of one viewer. Disposing ends that. */
export interface TokenWatch extends Disposable {
  /** Aborts when the token has expired or was revoked; the reason is a GatewayError UNAUTHENTICATED that says which. */
  readonly signal: AbortSignal;
}

/** Notices that a token expires or is revoked while a subscription that was opened with it is still running. */
export interface TokenWatcher extends AsyncDisposable {
  /** Returns undefined if the viewer has no token that can expire or be revoked. */
  watch(viewer: Viewer): TokenWatch | undefined;
}

export interface TokenWatcherOptions {
  tokens: ApiTokens;
  /** Milliseconds between two checks for revoked tokens. Another process may revoke them, so the database is asked. */
  everyMs: number;
  log: Logger;
}

export function createTokenWatcher({ tokens, everyMs, log }: TokenWatcherOptions): TokenWatcher {
  const watched = new Map<number, Set<AbortController>>();
  let timer: NodeJS.Timeout | undefined;
  let checking: Promise<void> = Promise.resolve();

  const abortRevoked = async () => {
    const unrevoked = new Set(await tokens.findUnrevoked([...watched.keys()]));
    for (const [id, controllers] of watched) {
      if (unrevoked.has(id)) continue;
      for (const controller of controllers) controller.abort(unauthenticated(revoked));
    }
  };
  const checkLater = () => {
    timer ??= setTimeout(() => {
      checking = abortRevoked()
        .catch((err) => log.warn({ err }, 'the check for revoked tokens failed'))
        .finally(() => {
          timer = undefined;
          if (watched.size > 0) checkLater();
        });
    }, everyMs);
  };
  const watchToken = (id: number, controller: AbortController) => {
    const controllers = watched.get(id) ?? new Set();
    watched.set(id, controllers.add(controller));
    checkLater();
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
      await checking;
    },
  };
}

/** Returns a function that stops the timer. */
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
