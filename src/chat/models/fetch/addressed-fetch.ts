import { ProviderError } from '../failure/provider-error.ts';

/** Where a provider's requests go. */
export interface ProviderAddress {
  /** Without a query and without a slash at the end. */
  baseUrl: string;
  /** The query that every request gets, without its `?`; empty for most servers. */
  query: string;
}

/** The operations whose whole path people copy from a manual into the setting. */
const operation = /\/(?:chat\/completions|completions|responses|messages|models)$/;

/**
 * Splits the base URL of a setting. Azure has a query in it (`…/deployments/gpt?api-version=2024-10-21`), and manuals
 * show the path of an operation (`…/v1/chat/completions`), which is cut off.
 */
export function toAddress(setting: string): ProviderAddress {
  const { origin, pathname, search } = new URL(setting);
  const path = pathname.replace(/\/+$/, '').replace(operation, '').replace(/\/+$/, '');
  return { baseUrl: `${origin}${path}`, query: search.replace(/^\?/, '') };
}

const mostRedirects = 3;

/**
 * Creates a `fetch` that adds a query to every request. It follows a redirect only if the same request can
 * be sent again to the same server: the key must not reach another one, and a prompt must not become a GET.
 *
 * @throws ProviderError for any other redirect.
 */
export function createAddressedFetch(send: typeof fetch, query: string): typeof fetch {
  return async (input, init) => {
    let url = new URL(String(input));
    for (const [name, value] of new URLSearchParams(query)) url.searchParams.set(name, value);
    for (let redirects = 0; ; redirects += 1) {
      const response = await send(url.href, { ...init, redirect: 'manual' });
      const location = response.headers.get('location');
      if (response.status < 301 || response.status > 308 || location === null) return response;
      await response.body?.cancel();
      const target = URL.canParse(location, url) ? new URL(location, url) : undefined;
      const keepsMethod = response.status >= 307 || (init?.method ?? 'GET') === 'GET';
      if (target?.origin !== url.origin || !keepsMethod || redirects >= mostRedirects) {
        throw moved(response.status, target);
      }
      url = target;
    }
  };
}

/** The new address is only in the cause, which clients do not see, and without a query, which may hold a secret. */
function moved(status: number, target: URL | undefined): ProviderError {
  return new ProviderError(
    'PROVIDER_REJECTED',
    `The address of the model provider has moved (status ${status}). The settings of the gateway must name the new one.`,
    { cause: new Error(`The provider redirects to ${target?.origin}${target?.pathname}`) },
  );
}

/** Creates a `fetch` that adds headers to every request. They take precedence over those that it has. */
export function withHeaders(send: typeof fetch, headers: Readonly<Record<string, string>>): typeof fetch {
  return (input, init) => {
    const sent = new Headers(init?.headers);
    for (const [name, value] of Object.entries(headers)) sent.set(name, value);
    return send(input, { ...init, headers: sent });
  };
}
