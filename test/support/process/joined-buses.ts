import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { ResourceStack } from '../../../src/base/resource-stack.ts';
import { type GatewayBus, openBus } from '../../../src/bus/open/open-bus.ts';
import { openRedis } from '../../../src/bus/redis/redis.ts';

/** What connects a gateway with others. Disposing it is like the end of the gateway. */
export interface OpenedBus extends GatewayBus, AsyncDisposable {}

const silent = pino({ level: 'silent' });

/** A prefix that no other test uses. */
export function newPrefix(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}

export async function openRedisBus(url: string, prefix: string): Promise<OpenedBus> {
  const resources = new ResourceStack();
  const redis = resources.use(await openRedis({ url, prefix, log: silent }));
  const gatewayId = randomBytes(6).toString('hex');
  const opened = await openBus({ gatewayId, redis, log: silent, resources });
  return Object.assign(opened, { [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose]() });
}

export async function openMemoryBus(): Promise<OpenedBus> {
  const resources = new ResourceStack();
  const opened = await openBus({ gatewayId: 'alone', redis: undefined, log: silent, resources });
  return Object.assign(opened, { [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose]() });
}
