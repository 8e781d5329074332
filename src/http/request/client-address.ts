import ipaddr from 'ipaddr.js';

/** Length of the network part of an IPv6 address. A client can choose the other 64 bits itself (RFC 6177). */
const networkBits = 64;

/**
 * The key that counts the requests of an unknown client: its IPv4 address (`192.0.2.7`) or its IPv6 network
 * (`2001:db8:1:2::/64`).
 *
 * @param remoteAddress The address of the socket. It may have a zone (`fe80::1%eth0`) or be an IPv4 address in the form
 *   of an IPv6 address (`::ffff:192.0.2.7`).
 */
export function clientAddress(remoteAddress: string): string {
  const bare = remoteAddress.replace(/%.*$/, '');
  if (!ipaddr.isValid(bare)) return remoteAddress;
  const address = ipaddr.process(bare);
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${bare}/${networkBits}`)}/${networkBits}`;
}
