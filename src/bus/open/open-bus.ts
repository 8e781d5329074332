import type { Logger } from 'pino';
import type { ResourceStack } from '../../base/resource-stack.ts';
import type { Bus } from '../bus.ts';
import type { GatewayCalls } from '../gateway-calls.ts';
import { createMemoryBus } from '../memory/memory-bus.ts';
import { createMemoryGatewayCalls } from '../memory/memory-gateway-calls.ts';
import { createMemoryLog } from '../memory/memory-log.ts';
import { createMemorySharedValues } from '../memory/memory-shared-values.ts';
import type { OwnedLog } from '../owned-log.ts';
import type { Redis } from '../redis/redis.ts';
import { createRedisBus, type RedisBus } from '../redis/redis-bus.ts';
import { openRedisChannels } from '../redis/redis-channels.ts';
import { openRedisGatewayCalls } from '../redis/redis-gateway-calls.ts';
import { createRedisLog } from '../redis/redis-log.ts';
import { createRedisSharedValues } from '../redis/redis-shared-values.ts';
import type { SharedValues } from '../shared-values.ts';

/** What connects the gateways of one database. It is in memory for a gateway that runs alone. */
export interface GatewayBus {
  /** Rings reach the listeners of all gateways. */
  bus: Bus;
  calls: GatewayCalls;
  values: SharedValues;
  /** Creates logs that one gateway writes and all read. Call it once for each kind of log. */
  createLogs<Body extends object>(): Logs<Body>;
}

/** Logs, and the bus on which their keys are the topics. */
export interface Logs<Body extends object> {
  log: OwnedLog<Body>;
  bus: Bus;
}

export interface OpenBusOptions {
  gatewayId: string;
  /** Undefined for a gateway that has its database alone. */
  redis: Redis | undefined;
  log: Logger;
  /** Gets everything that must be disposed. */
  resources: ResourceStack;
}

/** @throws StartupError when Redis cannot be reached. */
export async function openBus({ gatewayId, redis, log, resources }: OpenBusOptions): Promise<GatewayBus> {
  if (redis === undefined) {
    const bus = createMemoryBus();
    return {
      bus,
      calls: createMemoryGatewayCalls(gatewayId, log),
      values: resources.use(createMemorySharedValues()),
      createLogs: <Body extends object>() => ({ log: resources.use(createMemoryLog<Body>()), bus }),
    };
  }
  const channels = resources.use(await openRedisChannels(redis));
  const bus = createRedisBus({ channels, gatewayId });
  return {
    bus,
    calls: resources.use(await openRedisGatewayCalls({ gatewayId, channels, log })),
    values: createRedisSharedValues(redis),
    createLogs<Body extends object>() {
      const owned = resources.use(createRedisLog<Body>({ redis, gatewayId }));
      return { log: owned, bus: busOfLogs(owned, bus) };
    },
  };
}

/** Redis rings the other gateways when it gets a batch of a log. What this gateway writes, it needs not hear from Redis. */
function busOfLogs(log: Pick<OwnedLog<object>, 'isOpen'>, bus: RedisBus): Bus {
  return {
    ring: bus.ringHere,
    listen: (key, listener) => (log.isOpen(key) ? bus.listenHere(key, listener) : bus.listen(key, listener)),
  };
}
