import ipaddr from 'ipaddr.js';

/** Length of the network part of an IPv6 address. A client can choose the other 64 bits itself (RFC 6177). */
const networkBits = 64;

/**
 * The key that counts the requests of an unknown client: its IPv4 address (`192.0.2.7`) or its IPv6 network
 * (`2001:db8:1:2::/64`).
 *
 * @param address The address of the client. It may have a zone (`fe80::1%eth0`) or be an IPv4 address in the form
 *   of an IPv6 address (`::ffff:192.0.2.7`).
 */
export function networkKey(address: string): string {
  const [bare = ''] = address.split('%', 1);
  if (!ipaddr.isValid(bare)) return address;
  const parsed = ipaddr.process(bare);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${bare}/${networkBits}`)}/${networkBits}`;
}
