import type { Logger } from 'pino';
import type { ResourceStack } from './base/resource-stack.ts';
import type { BlobStore } from './blobs/blob-store.ts';
import type { Bus } from './bus/bus.ts';
import { createMemoryBus } from './bus/memory/memory-bus.ts';
import { createMemoryLog } from './bus/memory/memory-log.ts';
import type { GatewayBus, Logs } from './bus/open/open-bus.ts';
import type { ChangeLog } from './changes/change-log.ts';
import { Changes } from './changes/changes.ts';
import { AttachmentLibrary } from './chat/attachments/attachment-library.ts';
import { AudioLibrary } from './chat/audio/audio-library.ts';
import { Budgets } from './chat/budgets/budgets.ts';
import { Engine } from './chat/engine.ts';
import type { EngineLimits, EngineOptions } from './chat/engine-options.ts';
import type { RunEventBody } from './chat/log/run-event.ts';
import type { CallLimits } from './chat/models/call/call-model.ts';
import { createContextWarning } from './chat/models/context-warning.ts';
import { createModels, type Models } from './chat/models/models.ts';
import { traceModels } from './chat/models/traced-models.ts';
import { RemovalSweep } from './chat/removal/removal-sweep.ts';
import { createCheckpointer } from './chat/run/checkpoint.ts';
import { Sessions } from './chat/sessions/sessions.ts';
import { Titles, type TitlesOptions } from './chat/titles/titles.ts';
import { UploadedBlobs } from './chat/uploads/uploaded-blobs.ts';
import { Prices } from './chat/usage/prices.ts';
import type { Config } from './config/config.ts';
import type { Services } from './context.ts';
import { ApiTokens } from './identity/api-tokens.ts';
import { StreamTickets } from './identity/stream-tickets.ts';
import { createTokenWatcher } from './identity/token-watcher.ts';
import type { Lease } from './lease/lease.ts';
import { createDiskRoom, type ReadDisk, readDiskOf } from './limits/disk-room.ts';
import { Followers } from './limits/followers.ts';
import { createPressure } from './limits/pressure.ts';
import { Quotas } from './limits/quotas.ts';
import { createOwnUserCount, SharedUserCount, type UserCount } from './limits/user-count.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { InboxEntry } from './nodes/dispatch/inbox.ts';
import { createNodeServices } from './nodes/node-services.ts';
import { NodeTools } from './nodes/tools/node-tools.ts';
import type { Database } from './storage/database.ts';
import { databaseFolder } from './storage/open/open-database.ts';
import { Backlog } from './storage/search/backlog.ts';
import type { Statements } from './storage/statements/statement.ts';
import { storedByUser } from './storage/stored-bytes.ts';
import type { ToolRunner } from './tools/tool-runner.ts';
import { traceTools } from './tools/traced-tools.ts';
import type { Traces } from './traces/traces.ts';
import { findServerFolder } from './workspace/folder/find-server-folder.ts';
import { topicOf, topicOfNode } from './workspace/model/topics.ts';
import { Workspaces } from './workspace/workspaces.ts';

/** How often a follower reads its log when no ring tells it to. */
const pollMs = 1_000;
/** How often the tokens of followers are checked for having been revoked. */
const tokenCheckMs = 2_000;
/** Entries that are kept of a node's inbox: more than a node can have to do at a time. */
const maxInboxEntries = 1_000;
/** How long a gateway among others counts what a user has stored, before it reads it again, in milliseconds. */
const rememberStoredMs = 2_000;
/** How much longer a run waits for a tool to stop than the gateway waits for its node. */
const toolStopSlackMs = 1_000;

/** Parts that an adapter or a test can replace. */
export interface GatewayParts {
  models?: Models;
  tools?: ToolRunner;
  bus?: Bus;
  readDisk?: ReadDisk;
}

export interface ServicesOptions {
  config: Config;
  log: Logger;
  database: Database;
  statements: Statements;
  blobs: BlobStore;
  /** A store of its own for the files of workspaces. */
  workspaceBlobs: BlobStore;
  gatewayBus: GatewayBus;
  lease: Lease;
  /** Undefined for a gateway that counts nothing. */
  metrics: Metrics | undefined;
  /** Undefined for a gateway that makes no traces. */
  traces: Traces | undefined;
  parts: GatewayParts;
  /** Gets everything that must be disposed. */
  resources: ResourceStack;
}

/** Creates the parts of the gateway that its API uses, and connects them to each other. */
export function createServices(options: ServicesOptions): Services {
  const { config, log, database, statements, gatewayBus, lease, traces, parts, resources } = options;
  const { limits } = config;
  const bus = parts.bus ?? gatewayBus.bus;
  const untraced =
    parts.models ?? createModels({ ...config.models, onUnknownContext: createContextWarning(log) });
  const models = traces ? traceModels(untraced, traces) : untraced;
  const runLogs = gatewayBus.createLogs<RunEventBody & { runId: number }>();
  const { changeLogTtlMs: keepMs } = config.chat;
  const changes = resources.use(new Changes({ database, statements, bus, pollMs, keepMs, log }));
  const quotas = createQuotas(options);
  const { nodes, attachments, registry, dispatcher } = createNodes(options, {
    changes: changes.log,
    quotas,
  });
  const workspaces = resources.use(
    new Workspaces({
      ...{ statements, bus, quotas, log },
      changes: changes.log,
      blobs: options.workspaceBlobs,
      limits: config.workspaces,
      folders: {
        ...{ root: config.workspaces.root, values: gatewayBus.values, gatewayId: lease.gatewayId },
        stateFolder: `${config.dataDir}/workspace-state`,
      },
    }),
  );
  const blobs = new UploadedBlobs(options.blobs, statements);
  const audio = new AudioLibrary({ database, blobs, quotas, maxBytes: limits.maxAudioBytes });
  const attachmentLibrary = new AttachmentLibrary({
    ...{ statements, blobs, quotas, log },
    limits: config.attachments,
  });
  const removeFiles = workspaces.remove.bind(workspaces);
  const sweep = resources.use(
    new RemovalSweep({ statements, lease: options.lease, blobs, removeFiles, quotas, log }),
  );
  const searchBacklog = resources.use(new Backlog({ statements, log }));
  const calls = { statements, dispatcher, copy: workspaces.copy, traces };
  const untracedTools = parts.tools ?? new NodeTools({ ...config.nodes, ...calls });
  const tools = traces ? traceTools(untracedTools, traces) : untracedTools;
  const prices = new Prices(config.prices);
  const budgets = new Budgets({ statements, prices, limits: config.budgets, bus });
  const titles = createTitles(options, { models, quotas, budgets, changes: changes.log });
  const engine = createEngine(options, {
    ...{ models, tools, runLogs, quotas, budgets, blobs, searchBacklog },
    changes: changes.log,
    onAnswered: titles?.afterAnswer.bind(titles),
  });
  const removal = {
    ...{ statements, sweep, quotas, changes: changes.log },
    cancelRuns: (sessionId: number) => engine.cancelSession(sessionId, 'DELETED'),
    detachAllWithin: attachments.detachAllWithin.bind(attachments),
  };
  const tokens = new ApiTokens({ database, statements, log });
  return {
    database,
    statements,
    models,
    prices,
    budgets,
    engine,
    sessions: new Sessions({
      ...{ database, statements, models, removal, quotas, attachments },
      changes: changes.log,
    }),
    changes,
    sweep,
    searchBacklog,
    audio,
    attachmentLibrary,
    blobs,
    followers: new Followers(limits.maxFollowersPerUser, countUsers('followers', options)),
    nodes,
    attachments,
    registry,
    dispatcher,
    workspaces,
    tokenWatcher: resources.use(createTokenWatcher({ tokens, everyMs: tokenCheckMs, log })),
    tokens,
    streamTickets: new StreamTickets({
      database,
      tokens,
      ttlMs: limits.streamTicketTtlMs,
      isOpen: config.auth === undefined,
    }),
    maxPromptBytes: config.chat.maxPromptBytes,
    maxPageSize: limits.maxPageSize,
  };
}

/** Counts things of users, over all gateways if there are others. */
function countUsers(
  name: string,
  { lease, gatewayBus: { values }, resources }: Pick<ServicesOptions, 'lease' | 'gatewayBus' | 'resources'>,
): UserCount {
  const { gatewayId } = lease;
  if (!lease.isShared) return createOwnUserCount();
  return resources.use(new SharedUserCount({ name, values, gatewayId, others: () => lease.others }));
}

function createQuotas({ config, database, lease, parts }: ServicesOptions): Quotas {
  const { minFreeDiskBytes: minFreeBytes, ...limits } = config.quotas;
  const readDisk = parts.readDisk ?? readDiskOf(databaseFolder(config.database.url) ?? config.dataDir);
  return new Quotas({
    limits,
    read: (userId) => storedByUser(database, userId),
    ...(lease.isShared && { rememberMs: rememberStoredMs }),
    diskShare: createDiskRoom({ minFreeBytes, maxBytesPerUser: limits.maxStoredBytesPerUser, readDisk }),
  });
}

function createNodes(options: ServicesOptions, { changes, quotas }: { changes: ChangeLog; quotas: Quotas }) {
  const { config, log, database, statements, gatewayBus, parts, resources } = options;
  const inbox = resources.use(createMemoryLog<InboxEntry>({ maxEntries: maxInboxEntries }));
  return resources.use(
    createNodeServices({
      ...config.nodes,
      database,
      // A node's inbox is in the memory of one gateway, and so are its rings.
      inbox: { log: inbox, bus: parts.bus ?? createMemoryBus(), pollMs },
      others: config.redis && gatewayBus,
      limits: config.nodes,
      connectionsOfUsers: countUsers('connections', options),
      statements,
      changes,
      quotas,
      log,
      findServerFolder: (path, asker) => findServerFolder(config.workspaces.root, path, asker),
      ringWorkspaces: (sessionId, agentNodeIds) => {
        const rings = parts.bus ?? gatewayBus.bus;
        for (const topic of [topicOf(sessionId), ...agentNodeIds.map(topicOfNode)]) rings.ring(topic);
      },
    }),
  );
}

function createTitles(
  { config, log, statements, resources }: ServicesOptions,
  parts: Pick<TitlesOptions, 'models' | 'quotas' | 'budgets' | 'changes'>,
): Titles | undefined {
  if (config.chat.sessionTitles === 'off') return undefined;
  return resources.use(new Titles({ ...parts, statements, callLimits: callLimits(config), log }));
}

interface EngineParts
  extends Pick<
    EngineOptions,
    'models' | 'tools' | 'changes' | 'quotas' | 'budgets' | 'blobs' | 'searchBacklog' | 'onAnswered'
  > {
  runLogs: Logs<RunEventBody & { runId: number }>;
}

function createEngine(options: ServicesOptions, { runLogs, ...parts }: EngineParts): Engine {
  const { config, log, database, statements, gatewayBus, lease, metrics, traces, resources } = options;
  const { bus } = options.parts;
  const { chat, limits } = config;
  return new Engine({
    ...parts,
    lease,
    metrics,
    traces,
    runLog: runLogs.log,
    bus: bus ?? runLogs.bus,
    rings: bus ?? gatewayBus.bus,
    database,
    statements,
    checkpointer: resources.use(createCheckpointer({ statements, everyMs: chat.checkpointMs, log })),
    log,
    pollMs,
    limits: engineLimits(config),
    liveRunsOfUsers: countUsers('runs', options),
    isOverloaded: resources.use(createPressure(limits.maxEventLoopDelayMs)).isHigh,
  });
}

function callLimits({ chat }: Pick<Config, 'chat'>): CallLimits {
  return {
    idleTimeoutMs: chat.modelIdleTimeoutMs,
    maxRetries: chat.modelMaxRetries,
    maxRetryWaitMs: chat.modelMaxRetryWaitMs,
    maxAnswerBytes: chat.maxAnswerBytes,
  };
}

function engineLimits({ chat, attachments, limits, nodes }: Config): EngineLimits {
  const { maxSteps, toolApprovalTimeoutMs, clientToolTimeoutMs, runLogTtlMs } = chat;
  const { maxQueuedRuns, resumeRuns, summaryTimeoutMs } = chat;
  const toolStopMs = nodes.cancelConfirmMs + toolStopSlackMs;
  const { maxLiveRuns, maxLiveRunsPerUser } = limits;
  return {
    run: {
      ...{ call: callLimits({ chat }), maxSteps, toolStopMs, runLogTtlMs },
      ...{ toolApprovalTimeoutMs, clientToolTimeoutMs },
      maxSentBytes: attachments.maxSentBytes,
    },
    slots: { maxLiveRuns, maxLiveRunsPerUser },
    maxQueuedRuns,
    resumeRuns,
    summaryTimeoutMs,
    attachments,
    attachmentRoom: { maxBytes: attachments.maxBytesInFlight, waitMs: attachments.waitMs },
    maxClientResultBytes: nodes.maxOutputBytes,
  };
}
