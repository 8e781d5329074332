import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { createAddressList } from '../../base/address-list.ts';

/** Finds the address that a request came from; an empty text if its connection is closed. */
export type ClientAddress = (incoming: IncomingMessage) => string;

/**
 * Without trusted proxies this is the address of the connection, because any client can write the header
 * `X-Forwarded-For`. A trusted proxy appends to it the address that it was reached from. So the last address in it that
 * is not a trusted proxy is the client; what is before it was written by the client itself.
 *
 * @param trustedProxies Addresses and ranges, as `TRUSTED_PROXIES` names them: `10.0.0.0/8`, `::1`.
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const ofConnection: ClientAddress = ({ socket }) => socket.remoteAddress ?? '';
  if (trustedProxies.length === 0) return ofConnection;
  const isTrusted = createAddressList(trustedProxies);
  return (incoming) => {
    let address = ofConnection(incoming);
    // Node.js joins several headers of this name with commas.
    const hops = String(incoming.headers['x-forwarded-for'] ?? '').split(',');
    while (isTrusted(address)) {
      const hop = withoutPort(hops.pop()?.trim() ?? '');
      if (!isIP(hop)) break;
      address = hop;
    }
    return address;
  };
}

/** Some proxies write the port of the client too: `192.0.2.7:51000`, `[2001:db8::1]:51000`. */
function withoutPort(hop: string): string {
  return /^\[(.+)\](:\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop;
}
