import { type ModelServer, startModelServer } from '../model/model-server.ts';
import { newPrefix } from '../process/joined-buses.ts';
import { openEmptyDatabase } from '../process/postgres.ts';
import { redisUrl } from '../process/redis.ts';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from './gateway.ts';

/** Gateways that act as one: a database of their own, and keys of their own in Redis. */
export interface Cluster extends AsyncDisposable {
  /** The name of the database. */
  database: string;
  /** The settings that all gateways of the cluster have. */
  settings: Record<string, string>;
  /** Starts one more gateway in this process. It is disposed with the cluster, unless that has happened before. */
  start(options?: TestGatewayOptions): Promise<TestGateway>;
}

/** @param settings Settings of all its gateways, for instance another `REDIS_URL`. */
export async function openCluster(settings: Record<string, string> = {}): Promise<Cluster> {
  const database = await openEmptyDatabase();
  const gateways = new Set<TestGateway>();
  const shared = {
    DATABASE_URL: database.url,
    DATABASE_CONNECTIONS: '4',
    REDIS_URL: redisUrl,
    REDIS_PREFIX: newPrefix(),
    // Long enough for a machine that is busy with other tests: a gateway whose lease ends loses its runs.
    GATEWAY_LEASE_MS: '2000',
    ...settings,
  };
  return {
    database: database.name,
    settings: shared,
    async start(options = {}) {
      const gateway = await startTestGateway({ ...options, settings: { ...shared, ...options.settings } });
      gateways.add(gateway);
      return {
        ...gateway,
        async [Symbol.asyncDispose]() {
          if (gateways.delete(gateway)) await gateway[Symbol.asyncDispose]();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...gateways].map((gateway) => gateway[Symbol.asyncDispose]()));
      await database[Symbol.asyncDispose]();
    },
  };
}

export interface ScriptedCluster extends Cluster {
  /** The scripted model, which answers the prompts of all gateways. */
  model: ModelServer;
}

/** A cluster whose model responds as the test scripts. */
export async function openScriptedCluster(settings: Record<string, string> = {}): Promise<ScriptedCluster> {
  const model = await startModelServer();
  const scripted = { OPENAI_BASE_URL: model.openaiUrl, MODEL: 'openai-compatible/scripted' };
  const cluster = await openCluster({ ...scripted, CHECKPOINT_MS: '20', ...settings });
  return {
    ...cluster,
    model,
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}
