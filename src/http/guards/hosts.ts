import { isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import { isLoopback } from '../../config/loopback.ts';

export interface HostOptions {
  /** The address that is listened on. */
  host: string;
  /** Names under which the gateway is reached besides. */
  allowedHosts: readonly string[];
  /** Whether requests are answered to whom nobody knows, so that the name alone keeps pages out. */
  isOpen: boolean;
}

/**
 * Refuses requests for another host. A name that a page's owner points to this machine makes that page's origin
 * ours in the eyes of the browser (DNS rebinding); only the `Host` that it sends tells them apart.
 *
 * Off loopback, a gateway that knows its users answers to any name until it is told its own: such a page has no
 * token. One that knows nobody answers to addresses besides: what is rebound is a name, never an address.
 */
export function refuseOtherHosts({ host, allowedHosts, isOpen }: HostOptions): MiddlewareHandler {
  const isElsewhere = !isLoopback(host);
  const isAny = isElsewhere && !isOpen && allowedHosts.length === 0;
  const isOurs = (name: string) =>
    isLoopback(name) || allowedHosts.includes(name) || (isElsewhere && isOpen && isIP(name) !== 0);
  return async (c, next) => {
    if (isAny || isOurs(hostName(c.req.header('host') ?? ''))) return next();
    return c.json(
      { detail: 'This gateway does not know itself by this name: if it has it, add it to ALLOWED_HOSTS.' },
      421,
    );
  };
}

/** Without port and brackets. */
function hostName(header: string): string {
  const [, inBrackets, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header.toLowerCase()) ?? [];
  return inBrackets ?? name ?? '';
}
