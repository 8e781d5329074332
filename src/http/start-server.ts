import type { IncomingMessage } from 'node:http';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { GatewayBus } from '../bus/open/open-bus.ts';
import type { Redis } from '../bus/redis/redis.ts';
import { isDelta } from '../chat/log/run-event.ts';
import type { Config } from '../config/config.ts';
import type { Context, Services } from '../context.ts';
import type { Prometheus } from '../metrics/prometheus.ts';
import type { Traces } from '../traces/traces.ts';
import { createKnownQueryAnswer } from './graphql/answer-known-query.ts';
import { createOperationCost } from './graphql/budget/operation-cost.ts';
import { createExecutor, type Executor } from './graphql/executor.ts';
import { createKnownDocuments } from './graphql/known-documents.ts';
import { createGraphQLServer, type GraphQLServer } from './graphql/yoga.ts';
import { createGuards } from './guards/guards.ts';
import { type AdmitRequest, createAdmission, type RequestAccounts } from './guards/rate-limit.ts';
import { createRequestLimits } from './guards/rate-limit-buckets.ts';
import { createHealth } from './health.ts';
import { listen } from './listen.ts';
import { currentNumbers } from './metrics-numbers.ts';
import { createMetricsRoute } from './metrics-route.ts';
import { startMetricsServer } from './metrics-server.ts';
import { createConsolePage } from './pages/console-page.ts';
import { createDocsPage } from './pages/docs-page.ts';
import { createAutomaticQueries } from './request/automatic-queries.ts';
import { createClientAddress } from './request/client-address.ts';
import type { FindDocument } from './request/find-document.ts';
import { createIdentify, type Identify, senderKey } from './request/identify.ts';
import { readPersistedOperations } from './request/persisted-operations.ts';
import { apiJson, dialectJson, readBytes } from './request/read-body.ts';
import { factsOf, noteErrors } from './request/request-facts.ts';
import { createRequestIds, type RequestIds } from './request/request-ids.ts';
import { createServerApp, type HttpApp } from './server.ts';
import { createSocketDoor, type SocketDoor } from './socket-door.ts';
import { createStreamHandler, type StreamHandler } from './stream/handler.ts';
import { createSharedResults } from './stream/shared-results.ts';
import { createStreamHomes, type StreamHomes } from './stream/stream-homes.ts';
import { noteRoute, traceRequests } from './trace-requests.ts';
import { createAgentDoor } from './workspaces/agent-door.ts';
import { createFileDownloads } from './workspaces/file-downloads.ts';

/** Interval of the comments that keep a silent stream of `/graphql/stream` open. */
const streamHeartbeatMs = 12_000;
/** Enough for the documents of a hundred applications. */
const automaticQueryLimits = { maxDocuments: 2_000, maxCharacters: 2_000_000 };
/** How long a closing gateway waits for followers to read how their run ended. */
const farewellMs = 1_000;

/** The parts of the HTTP server that the APIs use which are no GraphQL. */
export interface ApiParts {
  executor: Executor;
  identify: Identify;
  /** Reads the JSON of a body of at most MAX_BODY_BYTES. */
  readBody: (incoming: IncomingMessage) => Promise<Uint8Array>;
  /** Adds to the request's line in the access log. */
  note: (request: Request, noted: NotedFacts) => void;
}

/** What an API that is no GraphQL tells of a request. */
interface NotedFacts {
  operationId?: string;
  /** The template of the path, for traces. */
  route?: string;
  errors?: readonly unknown[];
}

export interface HttpServerOptions {
  config: Config;
  services: Services;
  redis: Redis | undefined;
  /** Reaches the other gateways of the database. Undefined for a gateway that has it alone. */
  others: Pick<GatewayBus, 'calls' | 'values'> | undefined;
  /** Says why the database cannot be used; undefined if it can. Never rejects. */
  checkDatabase: () => Promise<string | undefined>;
  /** Undefined for a gateway that counts nothing. */
  prometheus: Prometheus | undefined;
  /** Undefined for a gateway that makes no traces. */
  traces: Traces | undefined;
  log: Logger;
  /** Creates the application for `/api/v1`. */
  createRest: (parts: ApiParts) => HttpApp;
  /** Creates the application for `/v1`, `/ai-sdk` and `/ag-ui`. */
  createDialects: (parts: ApiParts) => HttpApp;
}

/**
 * Disposing closes the server after the runs have ended, because until then agents must be able to report results of
 * tool calls, over new connections too.
 */
export interface HttpServer extends AsyncDisposable {
  /** `http://host:port`, with the actual port. */
  url: string;
}

/** @throws StartupError when the address is taken, or the list of persisted operations cannot be read. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { http, chat } = options.config;
  const { engine, registry } = options.services;
  const closing = new AbortController();
  const { others } = options;
  const homes = others && createStreamHomes({ ...others, maxBodyBytes: options.config.limits.maxBodyBytes });
  const metrics = await openMetrics(options);
  const { app, stream, sockets } = await createApp(
    { ...options, metricsRoute: metrics?.route },
    homes,
    closing.signal,
  );
  const listening = await listen(app, { ...http, portSetting: 'PORT', withSockets: true }, options.log);
  const served = homes?.serve({ url: listening.url, give: stream.give });
  return {
    url: listening.url,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await engine.drain(chat.shutdownGraceMs);
      registry.close();
      const closed = listening.close();
      await Promise.race([closed, delay(farewellMs, undefined, { ref: false })]);
      await Promise.all([stream[Symbol.asyncDispose](), sockets[Symbol.asyncDispose]()]);
      served?.[Symbol.dispose]();
      listening.cut();
      await closed;
      await metrics?.server?.[Symbol.asyncDispose]();
      // Node.js tells the access log of responses that were cut off at the end of the next turn of the event loop.
      await nextTurn();
      await nextTurn();
    },
  };
}

/** Opens the port of the metrics, if they have one; or else their route belongs to the gateway's own port. */
async function openMetrics({ config, services, prometheus, log }: HttpServerOptions) {
  if (!prometheus) return undefined;
  const route = createMetricsRoute(prometheus.report(currentNumbers(services)), config.metrics?.token);
  const address = config.metrics?.listen;
  return address ? { server: await startMetricsServer(route, address, log) } : { route };
}

interface AppOptions extends HttpServerOptions {
  metricsRoute: ReturnType<typeof createMetricsRoute> | undefined;
}

/** @param closing Aborts when the gateway begins to close. */
async function createApp(options: AppOptions, homes: StreamHomes | undefined, closing: AbortSignal) {
  const { config, services, redis, traces, log, createRest, createDialects } = options;
  const { http, auth, web } = config;
  const limits = {
    ...config.limits,
    maxUploadBytes: Math.max(
      config.limits.maxAudioBytes,
      config.attachments.maxBytes,
      config.workspaces.maxFileBytes,
    ),
  };
  const requestIds = createRequestIds(createClientAddress(web.trustedProxies));
  const identify = await createSenderLookup(options);
  const { introspection, persistedOperations } = web;
  const documents = persistedOperations
    ? { find: await readPersistedOperations(persistedOperations) }
    : createAutomaticQueries(automaticQueryLimits);
  const findDocument = documents.find;
  const accounts: RequestAccounts = new WeakMap();
  const operations = {
    ...{ findDocument, documents, services, identify, log, accounts, requestIds },
    knownDocuments: createKnownDocuments(),
  };
  const graphql = createGraphQLServer({ ...limits, ...operations, introspection });
  const requests = { ...createRequestLimits(config.requests, redis), identify, accounts, requestIds };
  const admit = createAdmission(requests);
  const stream = createStream(options, { graphql, identify, findDocument, homes });
  const sockets = createSockets(options, { graphql, identify, findDocument, admit, requestIds });
  const files = { workspaces: services.workspaces, identify, log };
  const readBody = (json: typeof dialectJson) => (incoming: IncomingMessage) =>
    readBytes(incoming, limits.maxBodyBytes, json);
  const api: ApiParts = {
    executor: createExecutor({
      ...{ services, identify, accounts, log, requestIds },
      operationCost: createOperationCost(limits.maxPageSize),
      limits: {
        // The documents are the gateway's own, so only the stored texts decide how large a result is.
        maxQueryCost: Number.POSITIVE_INFINITY,
        maxResponseBytes: limits.maxResponseBytes,
      },
    }),
    identify,
    readBody: readBody(apiJson),
    note: (request, { operationId, route, errors }) => {
      const facts = factsOf(request);
      if (traces && route !== undefined) noteRoute(request, route);
      if (operationId !== undefined) facts.operationId = operationId;
      noteErrors(facts, errors);
    },
  };
  const plain = createServerApp({
    graphql,
    answerKnownQuery: createKnownQueryAnswer({ ...limits, ...operations, limits }),
    identify,
    stream,
    sockets,
    health: createHealth({ checkDatabase: options.checkDatabase, checkRedis: redis?.check, closing }),
    rest: createRest(api),
    dialects: createDialects({ ...api, readBody: readBody(dialectJson) }),
    docs: createDocsPage(),
    workspaces: createAgentDoor(files).route('/', createFileDownloads(files)),
    consolePage: createConsolePage(),
    metricsRoute: options.metricsRoute,
    metrics: options.prometheus?.metrics,
    requestIds,
    guards: await createGuards({ ...http, ...web, isOpen: auth === undefined, admit }),
    log,
    closing,
  });
  const app = traces ? traceRequests(plain, traces) : plain;
  return { app, stream, sockets };
}

/** Loads the code that checks tokens only if tokens are checked, because loading it takes time. */
async function createSenderLookup({ config, services, log }: HttpServerOptions): Promise<Identify> {
  const { database, statements, registry, streamTickets: tickets } = services;
  if (!config.auth) return createIdentify({ authenticateUser: undefined, registry, tickets });
  const { createAuthenticateUser } = await import('../identity/authenticate-user.ts');
  return createIdentify({
    authenticateUser: createAuthenticateUser({ ...config.auth, database, statements, log }),
    registry,
    tickets,
  });
}

/** An admin sees more than the same user without that right. */
function viewerKey({ viewer }: Context): string | undefined {
  return viewer ? JSON.stringify([viewer.userId, viewer.isAdmin]) : undefined;
}

interface StreamParts {
  graphql: GraphQLServer;
  identify: Identify;
  findDocument: FindDocument;
  homes: StreamHomes | undefined;
}

interface SocketParts extends Omit<StreamParts, 'homes'> {
  admit: AdmitRequest | undefined;
  requestIds: RequestIds;
}

function createStream(
  { config, services, traces, log }: HttpServerOptions,
  parts: StreamParts,
): StreamHandler {
  const { limits } = config;
  const { graphql, identify, findDocument, homes } = parts;
  return createStreamHandler({
    yoga: graphql,
    owner: createOwnerLookup(identify, services),
    log,
    traces,
    isShareable: isDelta,
    viewerOf: (context) => viewerKey(context as Context),
    maxBodyBytes: limits.maxBodyBytes,
    findDocument,
    maxReservations: limits.maxStreamReservations,
    maxStreamsPerOwner: limits.maxStreamsPerUser,
    reservationTtlMs: limits.streamReservationTtlMs,
    maxOperationsPerStream: limits.maxOperationsPerStream,
    heartbeatMs: streamHeartbeatMs,
    homes,
  });
}

function createSockets({ config, services, traces, log }: HttpServerOptions, parts: SocketParts): SocketDoor {
  const { limits, http } = config;
  const { graphql, identify, findDocument, admit, requestIds } = parts;
  return createSocketDoor(async () => {
    const { createSocketHandler } = await import('./socket/socket-handler.ts');
    return createSocketHandler({
      yoga: graphql,
      owner: createOwnerLookup(identify, services),
      admit: admit ?? (async () => undefined),
      ...{ requestIds, findDocument, log, traces },
      shared: createSharedResults(isDelta, (context) => viewerKey(context as Context)),
      maxMessageBytes: limits.maxBodyBytes,
      maxOperations: limits.maxOperationsPerStream,
      maxSocketsPerOwner: limits.maxStreamsPerUser,
      initTimeoutMs: http.headerTimeoutMs,
      heartbeatMs: streamHeartbeatMs,
    });
  });
}

function createOwnerLookup(identify: Identify, { tokenWatcher }: Services) {
  return async (request: Request) => {
    const identity = await identify(request);
    const { viewer, ticket } = identity;
    const watch = () => viewer && tokenWatcher.watch(viewer);
    return { name: senderKey(identity), onlyFollows: ticket !== undefined, watch };
  };
}
