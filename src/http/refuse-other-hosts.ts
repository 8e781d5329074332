import type { MiddlewareHandler } from 'hono';
import { isLoopback } from '../loopback.ts';

export interface HostOptions {
  /** The address that is listened on. */
  host: string;
  /** Names under which the gateway is reached besides; where it is no loopback address, none stands for any. */
  allowedHosts: readonly string[];
}

/**
 * Refuses requests for another host. A name that a page's owner points to this machine makes that page's origin
 * ours in the eyes of the browser (DNS rebinding); only the `Host` that it sends tells them apart.
 */
export function refuseOtherHosts({ host, allowedHosts }: HostOptions): MiddlewareHandler {
  const isAny = !isLoopback(host) && allowedHosts.length === 0;
  const isOurs = (name: string) => isLoopback(name) || allowedHosts.includes(name);
  return async (c, next) => {
    if (isAny || isOurs(hostName(c.req.header('host') ?? ''))) return next();
    return c.json(
      { detail: 'This gateway has another name: set ALLOWED_HOSTS if it has this one, too.' },
      421,
    );
  };
}

/** Without port and brackets. */
function hostName(header: string): string {
  const [, inBrackets, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header.toLowerCase()) ?? [];
  return inBrackets ?? name ?? '';
}
