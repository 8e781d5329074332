import { isIP } from 'node:net';
import { isLoopback } from '../../base/loopback.ts';
import { refusal } from '../../errors.ts';
import type { Guard } from './guard.ts';

export interface HostOptions {
  /** The address on which the gateway listens. */
  host: string;
  /** Further names under which clients reach the gateway. */
  allowedHosts: readonly string[];
  /** Whether the gateway asks for no token (`AUTH=none`). Then only the host name keeps web pages out. */
  isOpen: boolean;
}

/**
 * Refuses requests for another host. An attacker can point their own host name to this machine (DNS rebinding). To the
 * browser, the page of the attacker and the gateway then have the same origin, and only the `Host` header differs.
 *
 * Names of loopback are always accepted. A gateway that listens beyond loopback and asks for tokens accepts any name
 * until ALLOWED_HOSTS is set, because the page of the attacker has no token. A gateway that listens beyond loopback and
 * asks for no tokens accepts IP addresses too, because an attacker can rebind a name but not an address.
 */
export function refuseOtherHosts({ host, allowedHosts, isOpen }: HostOptions): Guard {
  const isElsewhere = !isLoopback(host);
  const isAny = isElsewhere && !isOpen && allowedHosts.length === 0;
  const isOurs = (name: string) =>
    isLoopback(name) || allowedHosts.includes(name) || (isElsewhere && isOpen && isIP(name) !== 0);
  return ({ incoming }) => {
    if (isAny || isOurs(hostName(incoming.headers.host ?? ''))) return undefined;
    const message =
      'The Host header names another host. If this gateway has that name, add it to ALLOWED_HOSTS.';
    return refusal('MISDIRECTED_REQUEST', message);
  };
}

/** Without port and brackets. */
function hostName(header: string): string {
  const [, inBrackets, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header.toLowerCase()) ?? [];
  return inBrackets ?? name ?? '';
}
