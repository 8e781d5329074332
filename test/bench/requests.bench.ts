import { setTimeout as delay } from 'node:timers/promises';
import { leaveFirstCore } from './pinned.ts';
import { processCpu } from './process-cpu.ts';
import { compare, report } from './report.ts';
import { type LoadRequest, sendMany } from './request-load.ts';
import { type BenchServer, peerIsMissing, startBare, startGateway, startPeer } from './servers.ts';

/**
 * Measures the server's processor time for each request of the REST API, of GraphQL for the same content, and of
 * `/health/live`, against a bare `node:http` server, the FastAPI peer and our own REST. All servers have the same rows
 * and run on the first core, in turns. Run it with `tsx test/bench/requests.bench.ts [rounds] [requests]`.
 */
const rounds = Number(process.argv[2] ?? 5);
const requests = Number(process.argv[3] ?? 400);
/** V8 compiles what runs often, for the first thousands of requests. A server answers many more, and Python compiles nothing. */
const warmUpRequests = 2_000;

const sessionFields =
  'databaseId userId title featureName providerName modelName createdAt updatedAt nodes { node { nodeId } syncStatus }';
const messageFields =
  'databaseId role content reasoning status tokenCount createdAt toolCalls { callId name }';

const session = '/api/v1/sessions/1';
const rest: Record<string, LoadRequest> = {
  'GET session': { method: 'GET', path: session },
  'list of 100 sessions': { method: 'GET', path: '/api/v1/sessions/?user_id=anonymous&feature_name=bench' },
  '50 messages': { method: 'GET', path: `${session}/messages` },
  tokens: { method: 'GET', path: `${session}/tokens` },
  'node status': { method: 'GET', path: `${session}/nodes` },
  'POST create': { method: 'POST', path: '/api/v1/sessions/', body: '{"title":"A new session"}' },
  'PATCH update': { method: 'PATCH', path: session, body: '{"title":"Another title"}' },
};

const graphql: Record<string, LoadRequest> = {
  'GET session': query(`query ($id: Int!) { sessionByDatabaseId(databaseId: $id) { ${sessionFields} } }`),
  'list of 100 sessions': query(
    `{ sessions(featureName: "bench", first: 100) { nodes { ${sessionFields} } } }`,
  ),
  '50 messages': query(
    `query ($id: Int!) { sessionByDatabaseId(databaseId: $id) { messages(first: 50) { nodes { ${messageFields} } } } }`,
  ),
};

function query(text: string): LoadRequest {
  return { method: 'POST', path: '/graphql', body: JSON.stringify({ query: text, variables: { id: 1 } }) };
}

/** Creates 100 sessions, the first with 50 messages, and gives the peer the same rows. */
async function seed(gateway: BenchServer, peer: BenchServer | undefined): Promise<void> {
  const call = async (port: number, method: string, path: string, body?: object) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}`);
    return response.text();
  };
  const body = { title: 'A session of the bench', feature_name: 'bench' };
  for (let n = 0; n < 100; n += 1) await call(gateway.port, 'POST', '/api/v1/sessions/', body);
  for (let n = 0; n < 25; n += 1) {
    await call(gateway.port, 'POST', `${session}/chat`, { prompt: 'Count to 30.' });
  }
  if (!peer) return;
  const sessions = JSON.parse(
    await call(gateway.port, 'GET', '/api/v1/sessions/?user_id=anonymous&feature_name=bench'),
  );
  const { messages } = JSON.parse(await call(gateway.port, 'GET', `${session}/messages`));
  await call(peer.port, 'POST', '/seed', { sessions, messages });
}

/** Microseconds of the server's processor time for each request. */
async function costOf({ pid, port }: BenchServer, request: LoadRequest, count: number): Promise<number> {
  const before = processCpu(pid);
  await sendMany(port, request, count);
  return (processCpu(pid) - before) / count;
}

interface Side {
  server: BenchServer;
  request: LoadRequest;
}

/** Measures two sides in turn, after a warm-up of both. */
async function inTurns(ours: Side, other: Side) {
  const sides = [ours, other];
  const costs: [number[], number[]] = [[], []];
  for (const { server, request } of sides) await sendMany(server.port, request, warmUpRequests);
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, { server, request }] of sides.entries()) {
      costs[at]?.push(await costOf(server, request, requests));
    }
  }
  return compare(...costs);
}

leaveFirstCore();
const unit = 'µs';
const missing = peerIsMissing();
if (missing) process.stdout.write(`${missing}\n`);
await using gateway = await startGateway();
await using bare = await startBare();
await using peer = missing ? undefined : await startPeer();
await seed(gateway, peer);
// The first seconds of a process are spent on compiling.
await delay(1_000);

const live: LoadRequest = { method: 'GET', path: '/health/live' };
const onBare = { server: bare, request: live };
const shell = await inTurns({ server: gateway, request: live }, onBare);
report({ name: 'requests: /health/live', unit, against: 'node:http', bar: 2, ...shell });

for (const [what, request] of Object.entries(rest)) {
  const ours = { server: gateway, request };
  const name = `requests: REST ${what}`;
  if (peer)
    report({ name, unit, against: 'FastAPI', bar: 1, ...(await inTurns(ours, { server: peer, request })) });
  else report({ name: `${name}, bare`, unit, against: 'node:http', ...(await inTurns(ours, onBare)) });
}
for (const [what, request] of Object.entries(graphql)) {
  const other = rest[what];
  if (!other) continue;
  const compared = await inTurns({ server: gateway, request }, { server: gateway, request: other });
  report({ name: `requests: GraphQL ${what}`, unit, against: 'our REST', bar: 1.3, ...compared });
}
