import ipaddr from 'ipaddr.js';

/** Of an IPv6 address, the part that the network gave out: whoever has one has the other 64 bits for free (RFC 6177). */
const givenOutBits = 64;

/**
 * What a client counts by of whom nothing is known but where they are: `192.0.2.7`, `2001:db8:1:2::/64`.
 *
 * @param remoteAddress As the socket has it: with a zone (`fe80::1%eth0`), or an IPv4 address in IPv6's clothes.
 */
export function clientAddress(remoteAddress: string): string {
  const bare = remoteAddress.replace(/%.*$/, '');
  if (!ipaddr.isValid(bare)) return remoteAddress;
  const address = ipaddr.process(bare);
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${bare}/${givenOutBits}`)}/${givenOutBits}`;
}
