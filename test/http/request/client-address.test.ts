import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { createClientAddress } from '../../../src/http/request/client-address.ts';

/** A request whose connection comes from `remoteAddress`, with the header `X-Forwarded-For`. */
function requestFrom(remoteAddress: string | undefined, forwarded?: string) {
  return {
    socket: { remoteAddress },
    headers: { 'x-forwarded-for': forwarded },
  } as unknown as IncomingMessage;
}

const addressOf = createClientAddress(['10.0.0.0/8', '192.0.2.1', 'fd00::/8']);

test.each([
  ['a client without a proxy', '203.0.113.9', undefined, '203.0.113.9'],
  ['a client that is no proxy and forges the header', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['a client of a proxy', '10.1.2.3', '203.0.113.9', '203.0.113.9'],
  [
    'a client that forges the beginning of the header',
    '10.1.2.3',
    '198.51.100.1, 203.0.113.9',
    '203.0.113.9',
  ],
  ['a client of two proxies', '192.0.2.1', '203.0.113.9 ,10.9.9.9', '203.0.113.9'],
  ['a client inside the network of the proxies', '10.1.2.3', '10.9.9.9', '10.9.9.9'],
  ['a client of a proxy that is reached over IPv6', '::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
  ['a client with an IPv6 address', 'fd00::1', '2001:db8::7', '2001:db8::7'],
  ['a client whose proxy writes the port', '10.1.2.3', '203.0.113.9:51000', '203.0.113.9'],
  [
    'a client whose proxy writes the port of an IPv6 address',
    '10.1.2.3',
    '[2001:db8::7]:51000',
    '2001:db8::7',
  ],
  ['a client that the proxy does not know', '10.1.2.3', 'unknown', '10.1.2.3'],
  [
    'a client of a proxy that does not know it, behind another',
    '10.1.2.3',
    '203.0.113.9, unknown',
    '10.1.2.3',
  ],
  ['a proxy that writes no header', '10.1.2.3', undefined, '10.1.2.3'],
  ['a proxy that writes an empty header', '10.1.2.3', '', '10.1.2.3'],
  ['a connection that is closed', undefined, '203.0.113.9', ''],
])('%s', (_what, remoteAddress, forwarded, address) => {
  expect(addressOf(requestFrom(remoteAddress, forwarded))).toBe(address);
});

test('without trusted proxies the header is not read', () => {
  expect(createClientAddress([])(requestFrom('127.0.0.1', '203.0.113.9'))).toBe('127.0.0.1');
});
