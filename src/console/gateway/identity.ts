import { type ReadonlySignal, signal } from '@preact/signals';

/** With whose token this page asks. It is kept for as long as the tab is open, and nowhere else. */
export interface Identity {
  readonly hasToken: ReadonlySignal<boolean>;
  /** Why the gateway wants a token, or another one; undefined while it does not. */
  readonly demand: ReadonlySignal<string | undefined>;
  headers(): Record<string, string>;
  keep(token: string): void;
  forget(): void;
  /** The gateway does not take the token, or wants one. */
  refused(reason: string): void;
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
