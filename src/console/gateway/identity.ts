import { type ReadonlySignal, signal } from '@preact/signals';

/** The token that this page sends. Only the tab's session storage keeps it, so it is gone when the tab is closed. */
export interface Identity {
  readonly hasToken: ReadonlySignal<boolean>;
  /** Why the gateway wants another token; undefined while it accepts requests. */
  readonly demand: ReadonlySignal<string | undefined>;
  headers(): Record<string, string>;
  keep(token: string): void;
  forget(): void;
  /** Called when the gateway refuses a request, with or without a token. */
  refused(reason: string): void;
  /** Called when the gateway has accepted a request, with or without a token. */
  accepted(): void;
}

const key = 'switchyard.token';

export function openIdentity(): Identity {
  const token = signal(sessionStorage.getItem(key));
  const hasToken = signal(token.value !== null);
  const demand = signal<string | undefined>();
  return {
    hasToken,
    demand,
    headers: (): Record<string, string> =>
      token.value === null ? {} : { authorization: `Bearer ${token.value}` },
    keep(given) {
      sessionStorage.setItem(key, given);
      token.value = given;
      hasToken.value = true;
    },
    forget() {
      sessionStorage.removeItem(key);
      token.value = null;
      hasToken.value = false;
    },
    refused(reason) {
      demand.value = reason;
    },
    accepted() {
      demand.value = undefined;
    },
  };
}
