import { randomBytes } from 'node:crypto';
import { createClient as createRedis } from '@redis/client';
import { createClient } from 'graphql-sse';
import type pg from 'pg';
import { onServer, urlOfDatabase } from '../support/suite/postgres-server.ts';
import { chat, createSession, percentile, query } from './chat-load.ts';
import { startClockModel } from './clock-model.ts';
import { type CpuQuota, openCpuQuota } from './cpu-quota.ts';
import { leaveFirstCore } from './pinned.ts';
import { processCpu } from './process-cpu.ts';
import { type BenchServer, startGateway } from './servers.ts';

/**
 * Measures several gateways that act as one: what a chat costs with one, two and three of them, and how much later a
 * follower on another gateway gets a word than one on the gateway that executes the run. It needs PostgreSQL and Redis.
 * Run it with `tsx test/bench/cluster.bench.ts [chats a round] [rounds] [followed chats]`.
 *
 * The gateways share the first core, so their chats per second cannot grow with their number. Whether they do where there
 * are cores is measured with gateways that get a tenth of a core each: then the cores, the servers that the gateways share,
 * and the load have room, and only what the gateways cost each other is left. That needs control groups of Linux.
 */
const chatsPerRound = Number(process.argv[2] ?? 300);
const rounds = Number(process.argv[3] ?? 3);
const followed = Number(process.argv[4] ?? 20);
const atOnce = 12;
/** The part of a core that a gateway gets. */
const part = 0.1;
const words = 200;
const everyMs = 20;

/** What this bench asks Redis. */
interface RedisServer {
  info(): Promise<string>;
}

const database = `switchyard_bench_${randomBytes(4).toString('hex')}`;
const redisUrl = 'redis://127.0.0.1:6379';

function startMember(settings: Record<string, string>): Promise<BenchServer> {
  return startGateway({
    DATABASE_URL: urlOfDatabase(database),
    REDIS_URL: redisUrl,
    REDIS_PREFIX: database,
    ...settings,
  });
}

/** Short chats, spread over the gateways. Returns how long they took, in seconds. */
async function runChats(
  gateways: readonly BenchServer[],
  count: number,
  clients: number = atOnce,
): Promise<number> {
  const ports = Array.from({ length: count }, (_, n) => gateways[n % gateways.length]?.port ?? 0);
  const waiting = await Promise.all(
    ports.map(async (port) => ({ port, sessionId: await createSession(port) })),
  );
  const startedAt = performance.now();
  const client = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { lost, refused } = await chat(next.port, next.sessionId);
      if (lost || refused) throw new Error(`A chat failed: ${refused ?? 'its text was lost'}.`);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return (performance.now() - startedAt) / 1_000;
}

/** What the shared servers have done since they were started. */
async function sharedWork(server: pg.Client, redis: RedisServer) {
  const { rows } = await server.query(
    'SELECT xact_commit + xact_rollback AS transactions FROM pg_stat_database WHERE datname = $1',
    [database],
  );
  const info = await redis.info();
  const read = (name: string) => Number(new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1]);
  return {
    transactions: Number(rows[0]?.transactions),
    commands: read('total_commands_processed'),
    redisMs: 1_000 * (read('used_cpu_user') + read('used_cpu_sys')),
  };
}

async function measureChats(server: pg.Client, redis: RedisServer): Promise<void> {
  const gateways: BenchServer[] = [];
  try {
    for (let count = 1; count <= 3; count += 1) {
      gateways.push(await startMember({ MODEL: 'demo' }));
      await runChats(gateways, chatsPerRound / 2);
      const perChat: number[] = [];
      const perSecond: number[] = [];
      const before = await sharedWork(server, redis);
      for (let round = 0; round < rounds; round += 1) {
        const cpu = () => gateways.reduce((sum, { pid }) => sum + processCpu(pid), 0);
        const cpuBefore = cpu();
        perSecond.push(chatsPerRound / (await runChats(gateways, chatsPerRound)));
        perChat.push((cpu() - cpuBefore) / 1_000 / chatsPerRound);
      }
      const after = await sharedWork(server, redis);
      const each = (name: keyof typeof after) =>
        ((after[name] - before[name]) / rounds / chatsPerRound).toFixed(2);
      process.stdout.write(
        `${count} gateways: ${median(perChat).toFixed(2)} ms of their processor time a chat, ${median(perSecond).toFixed(0)} chats a second; ` +
          `${each('transactions')} transactions, ${each('commands')} Redis commands and ${each('redisMs')} ms of Redis a chat\n`,
      );
    }
  } finally {
    for (const gateway of gateways) await gateway[Symbol.asyncDispose]();
  }
}

/** Three gateways with a part of a core each: chats for one, two and all of them by turns, `atOnce` for each gateway. */
async function measureParts(): Promise<void> {
  const gateways: BenchServer[] = [];
  const quotas: CpuQuota[] = [];
  try {
    for (let count = 1; count <= 3; count += 1) {
      const gateway = await startMember({ MODEL: 'demo' });
      gateways.push(gateway);
      quotas.push(openCpuQuota(gateway.pid));
    }
    await runChats(gateways, 3 * chatsPerRound);
    for (const quota of quotas) quota.set(part);
    const measured: Part[][] = [[], [], []];
    for (let round = 0; round < rounds; round += 1)
      for (const [index, of] of measured.entries()) of.push(await runPart(gateways.slice(0, index + 1)));
    for (const [index, of] of measured.entries()) {
      const times = of.map(({ perSecond }, round) => perSecond / (measured[0]?.[round]?.perSecond ?? 0));
      process.stdout.write(
        `${index + 1} gateways with ${part} of a core each: ${median(of.map(({ perSecond }) => perSecond)).toFixed(1)} chats a second, ` +
          `${median(times).toFixed(2)} times those of one (${times.map((each) => each.toFixed(2)).join(', ')}); ` +
          `${median(of.map(({ perSecond, used }) => perSecond / used / (index + 1))).toFixed(0)} chats for each second of their cores, ` +
          `of which they used ${median(of.map(({ used }) => used)).toFixed(3)} each, and the load ${median(of.map(({ load }) => load)).toFixed(2)}\n`,
      );
    }
  } finally {
    for (const quota of quotas) quota[Symbol.dispose]();
    for (const gateway of gateways) await gateway[Symbol.asyncDispose]();
  }
}

/** One round of chats. Parts of a core: what each gateway and the load have used. */
interface Part {
  perSecond: number;
  used: number;
  load: number;
}

async function runPart(gateways: readonly BenchServer[]): Promise<Part> {
  const chats = Math.ceil(chatsPerRound / 3) * gateways.length;
  const cpu = () => gateways.reduce((sum, { pid }) => sum + processCpu(pid), 0);
  const [before, loadBefore, startedAt] = [cpu(), process.cpuUsage(), performance.now()];
  const seconds = await runChats(gateways, chats, atOnce * gateways.length);
  const tookUs = 1_000 * (performance.now() - startedAt);
  const { user, system } = process.cpuUsage(loadBefore);
  return {
    perSecond: chats / seconds,
    used: (cpu() - before) / tookUs / gateways.length,
    load: (user + system) / tookUs,
  };
}

function median(values: readonly number[]): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

/** Follows a run on one gateway. Returns when each word arrived, in milliseconds since 1970. */
async function arrivals(port: number, input: object, onEvent?: () => void): Promise<number[]> {
  const client = createClient({ url: `http://127.0.0.1:${port}/graphql/stream`, retryAttempts: 0 });
  const times: number[] = [];
  for await (const result of client.iterate({ query, variables: { input } })) {
    const now = performance.timeOrigin + performance.now();
    onEvent?.();
    const { chat: event } = result.data as { chat: { text?: string } };
    for (const _word of event.text?.match(/\d+/g) ?? []) times.push(now);
  }
  return times;
}

/** How much later each word arrives on the second gateway, in milliseconds. */
async function followElsewhere([here, there]: readonly BenchServer[]): Promise<number[]> {
  const sessionId = await createSession(here?.port ?? 0);
  const input = { sessionId, prompt: 'What time is it?', requestId: randomBytes(8).toString('hex') };
  let elsewhere: Promise<number[]> | undefined;
  const local = await arrivals(here?.port ?? 0, input, () => {
    elsewhere ??= arrivals(there?.port ?? 0, input);
  });
  const remote = (await elsewhere) ?? [];
  if (remote.length !== local.length) throw new Error('The followers did not get the same words.');
  // What was said before the second follower came is no latency.
  return remote.map((time, index) => time - (local[index] ?? 0)).slice(words / 10);
}

async function measureLatency(): Promise<void> {
  using model = await startClockModel(words, everyMs);
  await using here = await startMember(model.settings);
  await using there = await startMember(model.settings);
  await followElsewhere([here, there]);
  const chats = Array.from({ length: followed }, () => followElsewhere([here, there]));
  const later = (await Promise.all(chats)).flat().sort((a, b) => a - b);
  process.stdout.write(
    `${followed} runs with ${1_000 / everyMs} words a second each: a follower on another gateway gets a word ` +
      `${percentile(later, 0.5).toFixed(1)} ms later (median), ${percentile(later, 0.99).toFixed(1)} ms (99%)\n`,
  );
}

leaveFirstCore();
const redis = await createRedis({ url: redisUrl }).connect();
await onServer(async (server) => {
  await server.query(`CREATE DATABASE "${database}"`);
  try {
    await measureChats(server, redis);
    await measureParts().catch((error: unknown) => {
      process.stdout.write(
        `Parts of cores could not be given: ${error instanceof Error ? error.message : error}\n`,
      );
    });
    await measureLatency();
  } finally {
    await server.query(`DROP DATABASE "${database}" WITH (FORCE)`);
    redis.destroy();
  }
});
