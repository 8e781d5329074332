import { BlockList, isIP } from 'node:net';

/** Whether a text is an address (`10.0.0.7`, `::1`) or a range of addresses (`10.0.0.0/8`). */
export function isAddressOrRange(text: string): boolean {
  const [network = '', bits, ...more] = text.split('/');
  const version = isIP(network);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/**
 * Makes a function that says whether an address is one of these, or in one of these ranges. An IPv4 address may have the
 * form of an IPv6 address (`::ffff:10.0.0.7`). Any other text is in no list.
 *
 * @param entries Each an address or a range, as `isAddressOrRange` takes them.
 */
export function createAddressList(entries: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const entry of entries) {
    const [network = '', bits] = entry.split('/');
    if (bits === undefined) list.addAddress(network, familyOf(network));
    else list.addSubnet(network, Number(bits), familyOf(network));
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
