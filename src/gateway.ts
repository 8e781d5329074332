import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { BlobStore } from './blobs/blob-store.ts';
import { openBlobStore } from './blobs/open-blob-store.ts';
import type { Bus } from './bus/bus.ts';
import { createMemoryBus } from './bus/memory-bus.ts';
import { createMemoryLog } from './bus/memory-log.ts';
import { openRedis, type Redis } from './bus/redis.ts';
import { AudioLibrary } from './chat/audio/audio-library.ts';
import { Engine, type EngineLimits } from './chat/engine.ts';
import { isDelta, type RunEventBody } from './chat/log/run-event.ts';
import { createSessionLog, type SessionChange } from './chat/log/session-log.ts';
import { createModels, type Models } from './chat/models/models.ts';
import { createCheckpointer } from './chat/run/checkpoint.ts';
import { Sessions } from './chat/sessions.ts';
import type { Config } from './config/config.ts';
import { StartupError } from './config/startup-error.ts';
import type { Services } from './context.ts';
import { createExecutor } from './http/graphql/executor.ts';
import { createGraphQLServer } from './http/graphql/yoga.ts';
import { createGuards } from './http/guards/guards.ts';
import { createRequestLimits } from './http/guards/rate-limit-buckets.ts';
import { createHealth } from './http/health.ts';
import { listen } from './http/listen.ts';
import { createConsolePage } from './http/pages/console-page.ts';
import { createDocsPage } from './http/pages/docs-page.ts';
import { anyDocument } from './http/request/find-document.ts';
import { createIdentify, senderKey } from './http/request/identify.ts';
import { readPersistedOperations } from './http/request/persisted-operations.ts';
import { createRequestIds } from './http/request/request-ids.ts';
import { createServerApp } from './http/server.ts';
import { createStreamHandler } from './http/stream/handler.ts';
import { ApiTokens } from './identity/api-tokens.ts';
import { createAuthenticateUser } from './identity/authenticate-user.ts';
import { createTokenWatcher } from './identity/token-watcher.ts';
import { Followers } from './limits/followers.ts';
import { createPressure } from './limits/pressure.ts';
import type { InboxEntry } from './nodes/dispatch/inbox.ts';
import { createNodeServices } from './nodes/node-services.ts';
import { NodeTools } from './nodes/tools/node-tools.ts';
import { createRestApi } from './rest/handler.ts';
import { claimDataDir } from './storage/claim-data-dir.ts';
import type { Database } from './storage/database.ts';
import { databaseFile } from './storage/database-file.ts';
import { openDatabase } from './storage/open-database.ts';
import type { ToolRunner } from './tools/tool-runner.ts';

/** How often a follower reads its log when no ring tells it to. */
const pollMs = 1_000;
/** Milliseconds between two checks for revoked tokens of followers. */
const tokenCheckMs = 2_000;
/** Interval of the comments that keep a silent stream of `/graphql/stream` open. */
const streamHeartbeatMs = 12_000;
/** Changes of a session that are kept for clients that watch it. */
const maxSessionChanges = 1_000;
/** Entries that are kept of a node's inbox: more than a node can have to do at a time. */
const maxInboxEntries = 1_000;
/** How much longer a run waits for a tool to stop than the gateway waits for its node. */
const toolStopSlackMs = 1_000;
/** How long a closing gateway waits for followers to read how their run ended. */
const farewellMs = 1_000;

/** Parts that an adapter or a test can replace. */
export interface GatewayParts {
  models?: Models;
  tools?: ToolRunner;
  bus?: Bus;
}

/** Disposing accepts no new runs, waits up to `SHUTDOWN_GRACE_MS` for live runs, cancels the rest and closes. */
export interface Gateway extends AsyncDisposable {
  /** `http://host:port`, with the actual port. */
  url: string;
  services: Services;
}

/**
 * Starts a gateway. It accepts requests when this resolves.
 *
 * @throws StartupError when the gateway cannot start. Nothing is left open then.
 */
export async function startGateway(config: Config, log: Logger, parts: GatewayParts = {}): Promise<Gateway> {
  const opened: (Disposable | AsyncDisposable)[] = [];
  const keep = <T extends Disposable | AsyncDisposable>(resource: T): T => {
    opened.push(resource);
    return resource;
  };
  const closeAll = async () => {
    for (const resource of opened.reverse()) {
      if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
      else resource[Symbol.dispose]();
    }
  };
  try {
    // Claim the folder of the database too: two gateways on one database would end each other's runs.
    for (const folder of new Set([config.dataDir, dirname(databaseFile(config.database.url))])) {
      keep(await claimDataDir(folder));
    }
    const database = keep(await openDatabase({ url: config.database.url, log })).db;
    const blobs = keep(await openBlobStore(config.blobs));
    const redis = config.redis && keep(await openRedis({ ...config.redis, log }));
    const services = createServices(config, log, database, blobs, parts, keep);
    await services.audio.sweep();
    await services.engine.recover().catch((cause: Error) => {
      const file = databaseFile(config.database.url);
      throw new StartupError(`The database ${file} cannot be written: ${cause.message}.`, { cause });
    });
    const url = keep(await serve(config, log, services, redis)).url;
    // Start queued runs after listening: a start that fails must not have called a model.
    await services.engine.startWaiting();
    return { url, services, [Symbol.asyncDispose]: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

type Keep = <T extends Disposable | AsyncDisposable>(resource: T) => T;

function createServices(
  config: Config,
  log: Logger,
  database: Database,
  blobs: BlobStore,
  parts: GatewayParts,
  keep: Keep,
): Services {
  const { chat, limits, nodes: nodesConfig, models: modelsConfig } = config;
  const bus = parts.bus ?? createMemoryBus();
  const models = parts.models ?? createModels(modelsConfig);
  const runLog = keep(createMemoryLog<RunEventBody & { runId: number }>());
  const changes = keep(createMemoryLog<SessionChange>({ maxEntries: maxSessionChanges }));
  const sessionLog = createSessionLog({ log: changes, bus, pollMs });
  const { nodes, attachments, registry, dispatcher } = keep(
    createNodeServices({
      ...nodesConfig,
      database,
      inbox: { log: keep(createMemoryLog<InboxEntry>({ maxEntries: maxInboxEntries })), bus, pollMs },
      limits: nodesConfig,
      announce: async ({ id: agentNodeId, nodeId }, sessionIds) => {
        for (const id of sessionIds)
          await sessionLog.append(id, { type: 'SessionNodeChanged', agentNodeId, nodeId });
      },
      log,
    }),
  );
  const checkpointer = keep(createCheckpointer({ database, everyMs: chat.checkpointMs, log }));
  const engine = new Engine({
    database,
    models,
    tools: parts.tools ?? new NodeTools({ ...nodesConfig, database, dispatcher }),
    runLog,
    sessionLog,
    bus,
    checkpointer,
    log,
    pollMs,
    limits: engineLimits(config),
    isOverloaded: keep(createPressure(limits.maxEventLoopDelayMs)).isHigh,
  });
  const audio = new AudioLibrary({ database, blobs, maxBytes: limits.maxAudioBytes });
  const sessions = new Sessions({ database, engine, models, sessionLog, audio, attachments });
  const tokens = new ApiTokens(database, log);
  const tokenWatcher = keep(createTokenWatcher({ tokens, everyMs: tokenCheckMs, log }));
  const { maxPromptBytes } = chat;
  const { maxPageSize } = limits;
  const followers = new Followers(limits.maxFollowersPerUser);
  const chats = { models, engine, sessions, sessionLog, audio, followers };
  const nodeServices = { nodes, attachments, registry, dispatcher };
  return { database, ...chats, ...nodeServices, tokenWatcher, maxPromptBytes, maxPageSize };
}

function engineLimits({ chat, limits, nodes }: Config): EngineLimits {
  const { maxSteps, toolApprovalTimeoutMs, runLogTtlMs, maxQueuedRuns } = chat;
  const call = { idleTimeoutMs: chat.modelIdleTimeoutMs, maxRetries: chat.modelMaxRetries };
  const toolStopMs = nodes.cancelConfirmMs + toolStopSlackMs;
  const { maxLiveRuns, maxLiveRunsPerUser } = limits;
  return {
    run: { call, maxSteps, toolApprovalTimeoutMs, toolStopMs, runLogTtlMs },
    slots: { maxLiveRuns, maxLiveRunsPerUser },
    maxQueuedRuns,
  };
}

/**
 * Starts the HTTP server. Disposing closes it after the runs have ended, because until then agents must be able to
 * report results of tool calls, over new connections too.
 */
async function serve(config: Config, log: Logger, services: Services, redis: Redis | undefined) {
  const { limits, chat, http, auth, web } = config;
  const { database, registry } = services;
  const { maxBodyBytes } = limits;
  const closing = new AbortController();
  const requestIds = createRequestIds();
  const authenticateUser = auth && createAuthenticateUser({ ...auth, database, log });
  const identify = createIdentify({ authenticateUser, registry });
  const { introspection, persistedOperations } = web;
  const findDocument = persistedOperations ? await readPersistedOperations(persistedOperations) : anyDocument;
  const graphql = createGraphQLServer({ ...limits, introspection, findDocument, services, identify, log });
  const stream = createStreamHandler({
    yoga: graphql,
    owner: async (request) => {
      const identity = await identify(request);
      const { viewer } = identity;
      return { name: senderKey(identity), watch: () => viewer && services.tokenWatcher.watch(viewer) };
    },
    log,
    isShareable: isDelta,
    maxBodyBytes,
    findDocument,
    maxReservations: limits.maxStreamReservations,
    maxStreamsPerOwner: limits.maxStreamsPerUser,
    reservationTtlMs: limits.streamReservationTtlMs,
    maxOperationsPerStream: limits.maxOperationsPerStream,
    heartbeatMs: streamHeartbeatMs,
  });
  const health = createHealth({ database, closing: closing.signal });
  const rest = createRestApi({
    executor: createExecutor(graphql, requestIds),
    identify,
    openRecording: (sha256, range) => services.audio.open(sha256, range),
    log,
    ...limits,
  });
  const requests = { ...createRequestLimits(config.requests, redis), identify };
  const guards = await createGuards({ ...http, ...web, isOpen: auth === undefined, requests });
  const app = createServerApp({
    graphql,
    identify,
    stream,
    health,
    rest,
    docs: createDocsPage(),
    consolePage: createConsolePage(),
    requestIds,
    guards,
    log,
  });
  const listening = await listen(app, http);
  return {
    url: listening.url,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await services.engine.drain(chat.shutdownGraceMs);
      services.registry.close();
      const closed = listening.close();
      await Promise.race([closed, delay(farewellMs, undefined, { ref: false })]);
      await stream[Symbol.asyncDispose]();
      listening.cut();
      await closed;
    },
  };
}
