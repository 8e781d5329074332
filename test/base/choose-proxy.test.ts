import { expect, test } from 'vitest';
import { chooseProxy } from '../../src/base/choose-proxy.ts';

const proxies = { http: 'http://proxy.test:1', https: 'http://proxy.test:2' };
const direct = undefined;

function choose(url: string, noProxy = '') {
  return chooseProxy(new URL(url), { ...proxies, except: noProxy.split(',').filter(Boolean) });
}

test('each scheme has its own proxy, and none is needed to reach this machine', () => {
  expect(choose('http://model.test/v1')).toBe(proxies.http);
  expect(choose('https://model.test/v1')).toBe(proxies.https);
  expect(chooseProxy(new URL('https://model.test'), { http: proxies.http })).toBe(direct);
  expect(
    ['http://localhost:11434', 'http://127.0.0.1:1', 'https://[::1]:1'].map((url) => choose(url)),
  ).toEqual([direct, direct, direct]);
});

test.each([
  ['model.test', 'https://model.test', true],
  ['MODEL.test', 'https://Model.TEST', true],
  ['test', 'https://model.test', true],
  ['.model.test', 'https://model.test', true],
  ['*.model.test', 'https://eu.model.test', true],
  ['model.test', 'https://othermodel.test', false],
  ['eu.model.test', 'https://model.test', false],
  ['*', 'https://model.test', true],
  ['model.test:443', 'https://model.test', true],
  ['model.test:8443', 'https://model.test', false],
  ['model.test:8443', 'https://model.test:8443', true],
  ['10.0.0.7', 'http://10.0.0.7:8000', true],
  ['10.0.0.7:8000', 'http://10.0.0.7:8000', true],
  ['10.0.0.0/8', 'http://10.200.3.4', true],
  ['10.0.0.0/8', 'http://11.0.0.1', false],
  ['0.7', 'http://10.0.0.7', false],
  ['10.0.0.0/99', 'http://10.0.0.7', false],
  ['fd00::/8', 'http://[fd12::7]', true],
  ['fd12::7', 'http://[fd12::7]:8000', true],
  ['[fd12::7]:8000', 'http://[fd12::7]:8000', true],
  ['[fd12::7]:8001', 'http://[fd12::7]:8000', false],
  ['10.0.0.0/8', 'http://[fd12::7]', false],
])('NO_PROXY=%s and %s: %s', (noProxy, url, isDirect) => {
  expect(choose(url, `other.example,${noProxy}`) === direct).toBe(isDirect);
});
