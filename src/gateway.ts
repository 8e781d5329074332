import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { agUiRoutes } from './ag-ui/run-routes.ts';
import { aiSdkRoutes } from './ai-sdk/chat-routes.ts';
import { messageOf } from './base/caught-error.ts';
import { loadWhenIdle } from './base/load-when-idle.ts';
import { createKeyedLock } from './base/lock.ts';
import { ResourceStack } from './base/resource-stack.ts';
import { ofWorkspaces, openBlobStore } from './blobs/open-blob-store.ts';
import { openBus } from './bus/open/open-bus.ts';
import { openRedis } from './bus/redis/redis.ts';
import { sweepAudit } from './changes/audit.ts';
import { providerModules } from './chat/models/provider-modules.ts';
import { sweepDaily } from './chat/uploads/sweep-daily.ts';
import type { Config } from './config/config.ts';
import { hasOwnBlobs } from './config/own-blobs.ts';
import { StartupError } from './config/startup-error.ts';
import type { Services } from './context.ts';
import { createDialectApi } from './dialect/handler.ts';
import { type ApiParts, startHttpServer } from './http/start-server.ts';
import { sweepTemporaryUploads } from './http/uploads/sweep-temporary-uploads.ts';
import { openDatabaseLease } from './lease/database-lease.ts';
import { createSoleLease } from './lease/lease.ts';
import { withFields } from './log.ts';
import { openAiRoutes } from './openai/routes.ts';
import { createRestApi } from './rest/handler.ts';
import { createServices, type GatewayParts } from './services.ts';
import { claimServer, databaseFolder, databaseName, openDatabase } from './storage/open/open-database.ts';
import { claimDataDir } from './storage/sqlite/claim-data-dir.ts';
import type { Statements } from './storage/statements/statement.ts';
import { hasUnfinishedWork } from './storage/statements/unfinished-work.ts';
import { openTraces } from './traces/open-traces.ts';
import type { Span, Traces } from './traces/traces.ts';

/** Disposing accepts no new runs, waits up to `SHUTDOWN_GRACE_MS` for live runs, cancels the rest and closes. */
export interface Gateway extends AsyncDisposable {
  /** `http://host:port`, with the actual port. */
  url: string;
  services: Services;
  /** Resolves if another gateway has taken the database of this one, which must stop then. */
  lost: Promise<void> | undefined;
}

/**
 * Starts a gateway. It accepts requests when this resolves.
 *
 * @throws StartupError when the gateway cannot start. Nothing is left open then.
 */
export async function startGateway(
  config: Config,
  given: Logger,
  parts: GatewayParts = {},
): Promise<Gateway> {
  const resources = new ResourceStack();
  try {
    const traces = config.traces && (await startTraces(config.traces, given, resources));
    const log = traces ? withFields(given, () => idsOf(traces.current)) : given;
    const { redis, checkDatabase, lost, ...stores } = await openStores(config, log, resources);
    const prometheus = config.metrics && (await import('./metrics/prometheus.ts')).createPrometheus();
    const metrics = prometheus?.metrics;
    if (metrics) stores.statements.observe(metrics.statement);
    const services = createServices({ config, log, parts, resources, metrics, traces, ...stores });
    const isWorkLeft = await recover(services, config, log);
    resources.use(sweepDaily(services.blobs, log));
    resources.use(services.attachmentLibrary.sweepHourly());
    // Disposed after the server, because runs that are finishing can still be cancelled.
    if (config.redis) resources.use(services.engine.watchOthers(config.redis.leaseMs / looksPerLease));
    const doors = doorFactories(services, config, log);
    const others = config.redis && stores.gatewayBus;
    const http = { config, services, redis, others, checkDatabase, prometheus, traces, log, ...doors };
    const server = resources.use(await startHttpServer(http));
    // Otherwise the first prompt would hold everybody while they are loaded.
    if (!parts.models) resources.use(loadWhenIdle(providerModules(config.models)));
    const retention = services.sessions.startRetention(config.chat.sessionRetentionDays, log);
    if (retention) resources.use(retention);
    resources.use(services.sessions.sweepUnstored(log));
    const auditSweep = sweepAudit(config.auditRetentionDays, { statements: stores.statements, log });
    if (auditSweep) resources.use(auditSweep);
    // Start queued runs after listening: a start that fails must not have called a model.
    if (isWorkLeft) await services.engine.startWaiting();
    return { url: server.url, services, lost, [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose]() };
  } catch (error) {
    await resources[Symbol.asyncDispose]();
    throw error;
  }
}

/** Opens the traces before everything else, so that what the others do while they close is still sent. */
async function startTraces(
  settings: NonNullable<Config['traces']>,
  log: Logger,
  resources: ResourceStack,
): Promise<Traces> {
  const warn = (problem: object) => log.warn(problem, 'traces could not be sent and are lost');
  return resources.use(await openTraces(settings, warn));
}

/** What a line of the log says of its span, in the words of OpenTelemetry. */
function idsOf(span: Span | undefined): object {
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
}

async function openStores(config: Config, log: Logger, resources: ResourceStack) {
  const { dataDir, database, blobs, redis } = config;
  // Claim the database, too: two gateways on one database would end each other's runs.
  for (const folder of new Set([dataDir, databaseFolder(database.url) ?? dataDir])) {
    resources.use(await claimDataDir(folder));
  }
  const claim = await claimServer(database, log, { isShared: redis !== undefined });
  if (claim) resources.use(claim);
  const { db, statements, check } = resources.use(await openDatabase(database, log));
  return {
    lost: claim?.lost,
    database: db,
    statements,
    checkDatabase: check,
    blobs: resources.use(await openBlobStore(blobs)),
    workspaceBlobs: resources.use(await openBlobStore(ofWorkspaces(blobs))),
    ...(await connectGateways(statements, config, log, resources)),
  };
}

/** Connects this gateway with the others of its database, if Redis says that there may be others. */
async function connectGateways(
  statements: Statements,
  { redis: settings }: Config,
  log: Logger,
  resources: ResourceStack,
) {
  const gatewayId = randomUUID();
  const redis = settings && resources.use(await openRedis({ ...settings, log }));
  const gatewayBus = await openBus({ gatewayId, redis, log, resources });
  if (settings === undefined) return { redis, gatewayBus, lease: createSoleLease(gatewayId) };
  const { leaseMs } = settings;
  const lease = resources.use(await openDatabaseLease({ gatewayId, statements, leaseMs, log }));
  return { redis, gatewayBus, lease };
}

/** How often a gateway looks for others that have died, in the time of a lease. */
const looksPerLease = 5;

/** How old an unfinished upload must be to be deleted from a store that other gateways may use: a day. */
const stagedElsewhereMs = 86_400_000;

/**
 * Deletes unfinished uploads, goes on with deletions, and ends live runs that a crashed gateway has left.
 *
 * @returns Whether there may be queued runs.
 */
async function recover(services: Services, config: Config, log: Logger): Promise<boolean> {
  const { blobs: uploads, workspaces, statements, searchBacklog } = services;
  const { database } = config;
  // The lock on DATA_DIR proves that no other gateway is uploading there. Elsewhere one may.
  const stagedBefore = new Date(Date.now() - (hasOwnBlobs(config) ? 0 : stagedElsewhereMs));
  await uploads.sweep(stagedBefore);
  workspaces.startSweep(stagedBefore);
  await sweepTemporaryUploads().catch((err) => log.warn({ err }, 'temporary uploads could not be swept'));
  try {
    const isWorkLeft = await hasUnfinishedWork(statements);
    if (isWorkLeft) await finishWork(services);
    searchBacklog.start();
    return isWorkLeft;
  } catch (error) {
    const message = `The database ${databaseName(database.url)} cannot be written: ${messageOf(error)}.`;
    throw new StartupError(message, { cause: error });
  }
}

async function finishWork({ sweep, engine }: Services): Promise<void> {
  await sweep.resume();
  await engine.recover();
}

/** `http/` cannot create these APIs itself, because neither imports the other. */
function doorFactories({ blobs }: Services, { limits, attachments, chat }: Config, log: Logger) {
  const createRest = (parts: ApiParts) =>
    createRestApi({
      ...parts,
      ...limits,
      maxAttachmentBytes: attachments.maxBytes,
      openUpload: (sha256, range) => blobs.open(sha256, range),
      log,
    });
  const createDialects = (parts: ApiParts) =>
    createDialectApi(
      {
        ...parts,
        maxPageSize: limits.maxPageSize,
        maxSessions: chat.maxCompletionSessions,
        oneAtATime: createKeyedLock(),
        log,
      },
      [...openAiRoutes, ...aiSdkRoutes, ...agUiRoutes],
    );
  return { createRest, createDialects };
}
