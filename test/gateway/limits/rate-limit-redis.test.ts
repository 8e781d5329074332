import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { openNetwork } from '../../support/http/network.ts';
import { unusedPort } from '../../support/http/unused-port.ts';
import { describeWithRedis, redisUrl } from '../../support/process/redis.ts';

const settings = { ...jwtSettings, MAX_REQUESTS_PER_MINUTE: '4' };

/** Somebody whom no other test has counted. */
function somebody(): Promise<string> {
  return signJwt({ sub: `alice ${randomUUID()}` });
}

/** How many of so many requests, one after the other, are let through. */
async function letThrough(url: string, count: number, token: string): Promise<number> {
  let passed = 0;
  for (let n = 0; n < count; n++) {
    const { status } = await fetch(`${url}/api/v1/sessions/1`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect([404, 429]).toContain(status);
    if (status === 404) passed += 1;
  }
  return passed;
}

describeWithRedis('with REDIS_URL', () => {
  test('gateways count the requests of a user together', async () => {
    await using one = await startTestGateway({ settings: { ...settings, REDIS_URL: redisUrl } });
    await using other = await startTestGateway({ settings: { ...settings, REDIS_URL: redisUrl } });
    const [alice, bob] = [await somebody(), await somebody()];

    expect(await letThrough(one.url, 3, alice)).toBe(3);
    expect(await letThrough(other.url, 3, alice)).toBe(1);
    expect(await letThrough(one.url, 3, alice)).toBe(0);
    expect(await letThrough(other.url, 3, bob)).toBe(3);
  });

  test.each([
    ['breaks off', 'unplug', 'plugIn'],
    ['says nothing more', 'freeze', 'thaw'],
  ] as const)('a gateway whose Redis %s counts by itself until it is back', async (_how, lose, restore) => {
    await using network = await openNetwork(redisUrl);
    await using gateway = await startTestGateway({ settings: { ...settings, REDIS_URL: network.url } });
    await using other = await startTestGateway({ settings: { ...settings, REDIS_URL: redisUrl } });
    const alice = await somebody();
    expect(await letThrough(gateway.url, 4, alice)).toBe(4);

    network[lose]();
    expect(await letThrough(gateway.url, 6, alice)).toBe(4);

    network[restore]();
    await expect
      .poll(async () => {
        // Somebody new each time: what one gateway has let through counts for the other, or it does not.
        const bob = await somebody();
        await letThrough(gateway.url, 4, bob);
        return letThrough(other.url, 4, bob);
      })
      .toBe(0);
  });

  test('a gateway does not start where Redis takes connections and says nothing', async () => {
    await using network = await openNetwork(redisUrl);
    network.freeze();
    await expect(startTestGateway({ settings: { REDIS_URL: network.url } })).rejects.toThrow(
      'Redis at REDIS_URL cannot be reached: No answer within 5000 ms.',
    );
  });

  test('a gateway does not start without it, and does not tell the password', async () => {
    const url = `redis://default:s3cret@127.0.0.1:${await unusedPort()}`;
    await expect(startTestGateway({ settings: { REDIS_URL: url } })).rejects.toMatchObject({
      name: 'StartupError',
      message: 'Redis at REDIS_URL cannot be reached: ECONNREFUSED.',
    });
  });
});
