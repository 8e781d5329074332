import { isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import { isLoopback } from '../../config/loopback.ts';
import { refusal } from '../../errors.ts';
import { refuse } from '../request/refusal.ts';

export interface HostOptions {
  /** The address that the gateway listens on. */
  host: string;
  /** Further names under which clients reach the gateway. */
  allowedHosts: readonly string[];
  /** Whether the gateway answers without a token (`AUTH=none`): then only the name keeps web pages out. */
  isOpen: boolean;
}

/**
 * Refuses requests for another host. An attacker can point a name of theirs to this machine (DNS rebinding): to the
 * browser, the attacker's page and the gateway then have one origin, and only the `Host` header tells them apart.
 *
 * Names of loopback are always accepted. Beyond loopback, a gateway that asks for tokens accepts any name until
 * ALLOWED_HOSTS is set, for the attacker's page has no token. A gateway that asks for none accepts bare IP addresses
 * too, for an attacker can rebind a name but never an address.
 */
export function refuseOtherHosts({ host, allowedHosts, isOpen }: HostOptions): MiddlewareHandler {
  const isElsewhere = !isLoopback(host);
  const isAny = isElsewhere && !isOpen && allowedHosts.length === 0;
  const isOurs = (name: string) =>
    isLoopback(name) || allowedHosts.includes(name) || (isElsewhere && isOpen && isIP(name) !== 0);
  return async (c, next) => {
    if (isAny || isOurs(hostName(c.req.header('host') ?? ''))) return next();
    const message = 'This gateway does not know itself by this name: if it has it, add it to ALLOWED_HOSTS.';
    return refuse(c, refusal('MISDIRECTED_REQUEST', message));
  };
}

/** Without port and brackets. */
function hostName(header: string): string {
  const [, inBrackets, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header.toLowerCase()) ?? [];
  return inBrackets ?? name ?? '';
}
