import { createClient as createRedis } from '@redis/client';
import { ResourceStack } from '../../../src/base/resource-stack.ts';
import { openTemporaryFolder } from '../files/temporary-folder.ts';
import { type GatewayApi, gatewayApi } from '../gateway/gateway-api.ts';
import { type ServerProxy, startServerProxy } from '../http/server-proxy.ts';
import { type ModelServer, startModelServer } from '../model/model-server.ts';
import { type GatewayProcess, startGatewayProcess } from '../process/gateway-process.ts';
import { breakConnections, openEmptyDatabase, refuseCommits } from '../process/postgres.ts';
import { redisUrl } from '../process/redis.ts';
import { startLoadBalancer } from './load-balancer.ts';
import { shiftClock } from './shifted-clock.ts';

/** One gateway of a cluster, with the ways in which its network can fail. */
export interface Member extends GatewayProcess {
  /** What is between this gateway and Redis. */
  redis: ServerProxy;
  /** What is between this gateway and PostgreSQL. */
  postgres: ServerProxy;
}

/** Several real gateways with one database and one Redis, behind a load balancer without sticky sessions. */
export interface Cluster extends GatewayApi, AsyncDisposable {
  /** The address of the load balancer. */
  url: string;
  model: ModelServer;
  /** The folder of the recordings, which all gateways share. */
  blobs: string;
  /** The gateways that were started, in the order of their start, the dead ones too. */
  members: readonly Member[];
  /** The gateways that get requests from the load balancer. */
  readonly serving: readonly Member[];
  /** Starts one more gateway. It gets requests as soon as it is ready. */
  grow(): Promise<Member>;
  /**
   * Brings everything back that a test has taken away, also one that has failed: the networks, and as many gateways as at
   * the start, each of which gets requests.
   */
  mend(): Promise<void>;
  /** The load balancer gives this gateway no more requests, or gives it some again. */
  setServing(member: Member, isServing: boolean): void;
  /** Breaks all connections to PostgreSQL, as a restart of the server does. */
  breakDatabase(): Promise<void>;
  /** Lets commits fail that store how a run was answered, until the result is called. */
  refuseCommits(): Promise<() => Promise<void>>;
  /** Deletes all that the cluster has in Redis. */
  emptyRedis(): Promise<void>;
}

export interface ClusterOptions {
  gateways?: number;
  /** Further settings of all gateways. */
  settings?: Record<string, string>;
  /** How much later than it is the gateways take the time to be, in milliseconds, by turns. Default: they all have the time. */
  clocks?: readonly number[];
}

/** Starts the gateways. What a test does through the cluster goes through its load balancer. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { gateways = 3, settings = {}, clocks = [0] } = options;
  const opened = new ResourceStack();
  let started = 0;
  try {
    const database = opened.use(await openEmptyDatabase());
    const model = opened.use(await startModelServer());
    const balancer = opened.use(await startLoadBalancer());
    const blobs = opened.use(await openTemporaryFolder());
    const members: Member[] = [];
    /** Those that run, also if they are frozen. */
    const alive = new Set<Member>();
    let serving: Member[] = [];
    const serve = (now: Member[]) => {
      serving = now;
      balancer.setGateways(now.map(({ url }) => url));
    };
    const shared = {
      REDIS_PREFIX: database.name,
      BLOB_URL: `file:${blobs.path}`,
      OPENAI_BASE_URL: model.openaiUrl,
      MODEL: 'openai-compatible/scripted',
      CHECKPOINT_MS: '50',
      ...settings,
    };
    const grow = async () => {
      const redis = opened.use(await startServerProxy(redisUrl));
      const postgres = opened.use(await startServerProxy(database.url));
      const { path: DATA_DIR } = opened.use(await openTemporaryFolder());
      const urls = { DATABASE_URL: postgres.url, REDIS_URL: redis.url };
      const NODE_OPTIONS = shiftClock(clocks[started++ % clocks.length] ?? 0);
      const gateway = opened.use(await startGatewayProcess({ ...shared, ...urls, DATA_DIR, NODE_OPTIONS }));
      const member = Object.assign(gateway, { redis, postgres });
      members.push(member);
      alive.add(member);
      void member.exited.then(() => alive.delete(member));
      serve([...serving, member]);
      return member;
    };
    await grow();
    await Promise.all(Array.from({ length: gateways - 1 }, grow));
    return {
      ...gatewayApi(balancer.url),
      url: balancer.url,
      model,
      blobs: blobs.path,
      members,
      get serving() {
        return serving;
      },
      grow,
      async mend() {
        for (const { redis, postgres, kill } of alive) {
          for (const proxy of [redis, postgres]) {
            proxy.setAway(false);
            proxy.setFull(false);
            proxy.setFrozen(false);
          }
          kill('SIGCONT');
        }
        serve([...alive]);
        while (alive.size < gateways) await grow();
      },
      setServing(member, isServing) {
        const others = serving.filter((each) => each !== member);
        serve(isServing ? [...others, member] : others);
      },
      breakDatabase: () => breakConnections(database.name),
      refuseCommits: () => refuseCommits(database.name, 'COMPLETED'),
      emptyRedis: () => deleteKeys(`${database.name}*`),
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

async function deleteKeys(pattern: string): Promise<void> {
  const redis = await createRedis({ url: redisUrl }).connect();
  for await (const keys of redis.scanIterator({ MATCH: pattern, COUNT: 1_000 })) {
    if (keys.length > 0) await redis.del(keys);
  }
  redis.destroy();
}
