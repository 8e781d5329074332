import { isIP } from 'node:net';
import { createAddressList, isAddressOrRange } from './address-list.ts';
import { isLoopback } from './loopback.ts';

/** The proxies for requests to other servers, as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name them. */
export interface Proxies {
  /** URL of the proxy for http: requests, perhaps with a user name and a password. Undefined: no proxy. */
  http?: string | undefined;
  /** URL of the proxy for https: requests, in the same form. */
  https?: string | undefined;
  /**
   * Servers that are reached without a proxy: a host name, which includes the names below it (`example.org`, also
   * written `.example.org` and `*.example.org`), an address (`10.0.0.7`), a range of addresses (`10.0.0.0/8`), one of
   * them with a port (`example.org:8443`), or `*` for all servers.
   */
  except?: readonly string[] | undefined;
}

/** Returns the URL of the proxy for a request, or undefined if it needs no proxy, as for requests to this machine. */
export function chooseProxy(url: URL, { http, https, except = [] }: Proxies): string | undefined {
  const proxy = url.protocol === 'https:' ? https : http;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  if (isLoopback(host) || except.some((entry) => matches(entry.toLowerCase(), host, port))) return undefined;
  return proxy;
}

function matches(entry: string, host: string, port: string): boolean {
  // An IPv6 address contains colons itself, so its port can only follow a bracket.
  const [, name = entry, ofPort] = /^(\[.+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  if (ofPort !== undefined && ofPort !== port) return false;
  const bare = name.replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
  return bare === '*' || bare === host || (isIP(host) ? isInRange(bare, host) : host.endsWith(`.${bare}`));
}

function isInRange(range: string, address: string): boolean {
  return isAddressOrRange(range) && createAddressList([range])(address);
}
