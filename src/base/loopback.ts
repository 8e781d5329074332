import { BlockList, isIP } from 'node:net';

const loopbacks = new BlockList();
loopbacks.addSubnet('127.0.0.0', 8, 'ipv4');
loopbacks.addAddress('::1', 'ipv6');

/** Whether a host is reachable from this machine only: `localhost`, or a loopback address without brackets. */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  return host === 'localhost' || (version !== 0 && loopbacks.check(host, version === 6 ? 'ipv6' : 'ipv4'));
}
