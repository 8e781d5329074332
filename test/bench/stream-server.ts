import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { encodeId } from '../../src/base/global-id.ts';
import { createMemoryBus } from '../../src/bus/memory/memory-bus.ts';
import { createMemoryLog } from '../../src/bus/memory/memory-log.ts';
import { followRun } from '../../src/chat/log/follow-run.ts';
import { isDelta } from '../../src/chat/log/run-event.ts';
import { type RunLog, runKey } from '../../src/chat/log/run-writer.ts';
import type { Services } from '../../src/context.ts';
import { createGraphQLServer } from '../../src/http/graphql/yoga.ts';
import { anyDocument } from '../../src/http/request/find-document.ts';
import { createStreamHandler } from '../../src/http/stream/handler.ts';
import { CostAccount } from '../../src/limits/cost-account.ts';
import { Followers } from '../../src/limits/followers.ts';
import { createOwnUserCount } from '../../src/limits/user-count.ts';

/**
 * The measured process: `bare` writes prepared strings. `own` and `shared` are the gateway's schema, logs and streams,
 * without its database: each follower follows a run of its own, or all follow one run.
 */
const mode = process.argv[2];

/** The runs that have followers. */
const runs = new Set<number>();
const log: RunLog = createMemoryLog();
const bus = createMemoryBus();

function createGateway() {
  const statements = { get: () => ({ status: 'RUNNING' }) } as never;
  const services = {
    engine: {
      async follow(runId: number, _after: number, signal: AbortSignal) {
        // Without its log, the run would be looked up in the database.
        if (!runs.has(runId)) await log.append(runKey(runId), { type: 'RunQueued', runId });
        runs.add(runId);
        return followRun({ statements, log, bus, pollMs: 60_000 }, runId, 1, signal);
      },
    },
    followers: new Followers(0, createOwnUserCount()),
    tokenWatcher: { watch: () => undefined },
  } as unknown as Services;
  const limit = { name: 'MAX_REQUESTS_PER_MINUTE', size: { perMinute: 3_000, capacity: 600 } };
  const account = new CostAccount({ ...limit, buckets: {} as never }, 'alice');
  const quiet = pino({ level: 'error' });
  const reading = { maxBodyBytes: 1_000_000, findDocument: anyDocument };
  const yoga = createGraphQLServer({
    ...reading,
    services,
    identify: async () => ({ viewer: { userId: 'alice', isAdmin: true }, agentNode: null }) as never,
    log: quiet,
    accounts: { get: () => account } as never,
    introspection: false,
    maxQueryTokens: 5_000,
    maxQueryDepth: 20,
    maxQueryAliases: 50,
    maxPageSize: 100,
    maxQueryCost: 60_000,
    maxResponseBytes: 16_000_000,
  } as never);
  const handle = createStreamHandler({
    ...reading,
    yoga,
    owner: () => ({ name: 'alice', watch: () => undefined }),
    isShareable: isDelta,
    log: quiet,
    maxReservations: 10_000,
    maxStreamsPerOwner: 0,
    reservationTtlMs: 60_000,
    maxOperationsPerStream: 100,
    heartbeatMs: 60_000,
  });
  return createServer((incoming, outgoing) => void handle(incoming, outgoing, {}));
}

const responses = new Set<ServerResponse>();

function createBare() {
  return createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write(':\n\n');
    responses.add(response);
    response.once('close', () => responses.delete(response));
  });
}

let lastSeq = 0;

/** Gives each follower one run event. */
function publish(): void {
  lastSeq += 1;
  if (mode !== 'bare') {
    for (const runId of runs) {
      void log.append(runKey(runId), { type: 'TextDelta', text: 'a few tokens ', runId });
      bus.ring(runKey(runId));
    }
    return;
  }
  const at = new Date(1_700_000_000_000 + lastSeq);
  const text = 'a few tokens ';
  const runEvents = { __typename: 'TextDelta', seq: lastSeq, runId: encodeId('Run', 7), at, text };
  const frame = `event: next\ndata: ${JSON.stringify({ data: { runEvents } })}\n\n`;
  for (const response of responses) response.write(frame);
}

const server = mode === 'bare' ? createBare() : createGateway();
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', (command) => {
  if (command === 'publish') publish();
  if (command === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send?.({ micros: user + system });
  }
  if (command === 'memory') {
    globalThis.gc?.();
    process.send?.({ heapKb: process.memoryUsage().heapUsed / 1_024 });
  }
});
process.on('disconnect', () => process.exit());
