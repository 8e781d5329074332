import { BlockList, isIP } from 'node:net';

const loopbacks = new BlockList();
loopbacks.addSubnet('127.0.0.0', 8, 'ipv4');
loopbacks.addAddress('::1', 'ipv6');

/** Whether a host is reachable from this machine only: `localhost`, or a loopback address without brackets. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const version = isIP(host);
  // Every request asks this of its Host header, so the usual case does without the list, which takes ten times as long.
  return version === 4 ? host.startsWith('127.') : version === 6 && loopbacks.check(host, 'ipv6');
}
