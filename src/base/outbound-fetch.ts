import type { Dispatcher, RequestInit as UndiciRequestInit } from 'undici';
import { chooseProxy, type Proxies } from './choose-proxy.ts';
import { type OutboundResponse, sendStreamed } from './send-streamed.ts';
import { StreamedBody } from './streamed-body.ts';

/** `fetch` for a URL in text form. */
export type PlainFetch = (url: string, init?: RequestInit) => Promise<OutboundResponse>;

type OutboundInit = Omit<RequestInit, 'body'> & {
  /** A streamed body is sent once: redirects are not followed. */
  body?: Exclude<RequestInit['body'], undefined> | StreamedBody;
};

/** `fetch` for a URL in text form, which takes bodies that are made while they are sent. */
export type OutboundFetch = (url: string, init?: OutboundInit) => Promise<OutboundResponse>;

type Undici = Pick<typeof import('undici'), 'Agent' | 'Pool' | 'ProxyAgent'>;

/** How long a proxy may take to open a tunnel, in milliseconds. */
const tunnelMs = 10_000;

/** No limits for the time until the headers, and between two parts of the body. */
const patient = { headersTimeout: 0, bodyTimeout: 0 };

/**
 * Creates the `fetch` for requests to servers on the network, such as model providers. It uses the operator's proxies
 * as curl does: https: through a tunnel (CONNECT), http: by asking the proxy for the whole URL.
 *
 * Apart from connecting, which may take 10 s, it waits without a limit: the caller must abort the request. Node's own
 * `fetch` fails after five minutes without a byte, which would cut a longer `MODEL_IDLE_TIMEOUT_MS`.
 */
export function createOutboundFetch(proxies: Proxies = {}): OutboundFetch {
  const dispatchers = new Map<string | undefined, Dispatcher>();
  return async (url, init) => {
    // Imported at first use, to keep the start of the gateway fast.
    const undici = await import('undici');
    const proxy = chooseProxy(new URL(url), proxies);
    const dispatcher = dispatchers.get(proxy) ?? createDispatcher(undici, proxy);
    dispatchers.set(proxy, dispatcher);
    if (init?.body instanceof StreamedBody) {
      const { method = 'POST', body, signal } = init;
      const headers = new Headers(init.headers);
      return sendStreamed(undici, url, { method, headers, body, signal, dispatcher });
    }
    // undici declares types of its own for the same standard, so that TypeScript finds them different.
    const response = await undici.fetch(url, { ...init, dispatcher } as UndiciRequestInit);
    return response as unknown as OutboundResponse;
  };
}

function createDispatcher(undici: Undici, proxy: string | undefined): Dispatcher {
  if (proxy === undefined) return new undici.Agent(patient);
  return new undici.ProxyAgent({
    ...patient,
    uri: proxy,
    proxyTunnel: false,
    // The connections on which the proxy is asked for a tunnel.
    clientFactory: (origin, options) => new undici.Pool(origin, { ...options, headersTimeout: tunnelMs }),
    // Without this, undici would forget the limits of `patient` where it asks the proxy for a whole URL.
    factory: (origin, options) => new undici.Pool(origin, { ...options, ...patient }),
  });
}
