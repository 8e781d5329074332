import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openCluster } from '../../support/gateway/cluster.ts';
import { jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { openNetwork } from '../../support/http/network.ts';
import { unusedPort } from '../../support/http/unused-port.ts';
import { redisUrl } from '../../support/process/redis.ts';
import { describeWithServers } from '../../support/process/servers.ts';

const settings = { ...jwtSettings, MAX_REQUESTS_PER_MINUTE: '4' };

/** A token of a new user, so that no earlier test has used up the limit. */
function newUser(): Promise<string> {
  return signJwt({ sub: `alice ${randomUUID()}` });
}

/** Sends requests one after the other; returns how many were not refused. */
async function countAccepted(url: string, count: number, token: string): Promise<number> {
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

describeWithServers('with REDIS_URL', () => {
  test('gateways with the same REDIS_URL count the requests of a user together', async () => {
    await using cluster = await openCluster(settings);
    const one = await cluster.start();
    const other = await cluster.start();
    const [alice, bob] = [await newUser(), await newUser()];

    expect(await countAccepted(one.url, 3, alice)).toBe(3);
    expect(await countAccepted(other.url, 3, alice)).toBe(1);
    expect(await countAccepted(one.url, 3, alice)).toBe(0);
    expect(await countAccepted(other.url, 3, bob)).toBe(3);
  });

  test.each([
    ['closes its connections', 'unplug', 'plugIn'],
    ['does not reply', 'freeze', 'thaw'],
  ] as const)(
    'a gateway whose Redis %s counts requests alone until Redis is back',
    async (_how, lose, restore) => {
      await using network = await openNetwork(redisUrl);
      await using cluster = await openCluster(settings);
      const gateway = await cluster.start({ settings: { REDIS_URL: network.url } });
      const other = await cluster.start();
      const alice = await newUser();
      expect(await countAccepted(gateway.url, 4, alice)).toBe(4);

      network[lose]();
      expect(await countAccepted(gateway.url, 6, alice)).toBe(4);

      network[restore]();
      await expect
        .poll(async () => {
          // A new user each time. While the gateways count together, the first four requests use up the limit.
          const bob = await newUser();
          await countAccepted(gateway.url, 4, bob);
          return countAccepted(other.url, 4, bob);
        })
        .toBe(0);
    },
  );

  test('a gateway does not start if Redis is not reachable, and the message does not show the password', async () => {
    const url = `redis://default:s3cret@127.0.0.1:${await unusedPort()}`;
    await using cluster = await openCluster();
    await expect(cluster.start({ settings: { REDIS_URL: url } })).rejects.toMatchObject({
      name: 'StartupError',
      message: 'Redis at REDIS_URL cannot be reached: ECONNREFUSED.',
    });
  });
});
