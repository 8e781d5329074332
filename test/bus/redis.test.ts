import { expect, test } from 'vitest';
import { openRedis } from '../../src/bus/redis/redis.ts';
import { createLog } from '../../src/log.ts';
import { openNetwork } from '../support/http/network.ts';
import { describeWithRedis, redisUrl } from '../support/process/redis.ts';

describeWithRedis('with REDIS_URL', () => {
  test('opening Redis fails with a StartupError if Redis accepts the connection and does not reply in time', async () => {
    await using network = await openNetwork(redisUrl);
    network.freeze();
    const log = createLog({ level: 'silent', format: 'json' });
    await expect(openRedis({ url: network.url, prefix: 'test', log, connectMs: 200 })).rejects.toMatchObject({
      name: 'StartupError',
      message: 'Redis at REDIS_URL cannot be reached: No reply within 200 ms.',
    });
  });
});
