import { globalId, seed, seedMessages } from '../gateway/schema/seed.ts';
import { startTestGateway, type TestGateway } from '../support/gateway/gateway.ts';
import { longestTurn } from '../support/gateway/longest-turn.ts';

/**
 * Compares reads on a small database with the same reads on a large one, by processor time, and shows how long each held
 * the event loop. Run it with `tsx test/bench/scale.bench.ts [rows] [repetitions]`.
 */
const rows = Number(process.argv[2] ?? 100_000);
const repetitions = Number(process.argv[3] ?? 40);
const small = 100;

const reads: Record<string, (gateway: TestGateway) => Promise<unknown>> = {
  'session with its last 50 messages': (gateway) =>
    gateway.query(
      'query ($id: ID!) { session(id: $id) { title lastMessage { content } tokenUsage { totalTokens } messages(last: 50) { edges { node { content } } } } }',
      { id: globalId('Session', 1) },
    ),
  'first 50 messages with their runs': (gateway) =>
    gateway.query(
      'query ($id: ID!) { session(id: $id) { messages(first: 50) { edges { node { content run { id } toolCalls { name } } } } } }',
      { id: globalId('Session', 1) },
    ),
  'first 50 sessions with their last message': (gateway) =>
    gateway.query('{ sessions(first: 50) { edges { node { title lastMessage { content } } } } }'),
  'search with 20 hits': (gateway) =>
    gateway.query('{ sessions(first: 20, search: "title") { edges { node { title } } } }'),
  'REST session': (gateway) => rest(gateway, '/sessions/1'),
  'REST tokens': (gateway) => rest(gateway, '/sessions/1/tokens'),
  'search without a hit': (gateway) =>
    gateway.query('{ sessions(first: 20, search: "nowhere") { edges { node { title } } } }'),
};

async function rest(gateway: TestGateway, path: string): Promise<void> {
  await (await gateway.rest(path)).text();
}

/** Starts a gateway with so many sessions, the first of which has as many messages. */
async function startWith(count: number): Promise<TestGateway> {
  const gateway = await startTestGateway();
  const { database } = gateway.services;
  const [sessionId = 0] = await seed(database, { sessions: 1, turns: 50, userId: 'anonymous' });
  await seedMessages(database, sessionId, count);
  await database.$executeRaw`INSERT INTO "Session" ("userId", "title", "updatedAt")
    WITH RECURSIVE counter(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counter WHERE number < ${count})
    SELECT 'anonymous', 'The title ' || number, '2026-01-31T12:00:00.000+00:00' FROM counter`;
  return gateway;
}

/** The median processor time of a read, and the longest turn, in milliseconds. */
async function measure(read: () => Promise<unknown>): Promise<{ cpuMs: number; turnMs: number }> {
  for (let time = 0; time < 10; time += 1) await read();
  const times: number[] = [];
  const turnMs = await longestTurn(async () => {
    for (let time = 0; time < repetitions; time += 1) {
      const before = process.cpuUsage();
      await read();
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1_000);
    }
  });
  const cpuMs = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
  return { cpuMs, turnMs };
}

await using few = await startWith(small);
await using many = await startWith(rows);
for (const [name, read] of Object.entries(reads)) {
  const before = await measure(() => read(few));
  const after = await measure(() => read(many));
  process.stdout.write(
    `${name}: ${before.cpuMs.toFixed(1)} ms with ${small} rows, ${after.cpuMs.toFixed(1)} ms with ${rows}, ` +
      `ratio ${(after.cpuMs / before.cpuMs).toFixed(2)}; longest turn ${after.turnMs.toFixed(0)} ms\n`,
  );
}
const long: [string, () => Promise<unknown>][] = [
  ['REST list that is refused', () => rest(many, '/sessions/?user_id=anonymous')],
  ['clear-history', () => many.rest('/sessions/1/clear-history', { method: 'POST' })],
  ['delete of that session', () => many.rest('/sessions/1', { method: 'DELETE' })],
];
for (const [name, act] of long) {
  const startedAt = process.cpuUsage();
  const turnMs = await longestTurn(act);
  const { user, system } = process.cpuUsage(startedAt);
  process.stdout.write(
    `${name}, ${rows} rows: ${((user + system) / 1_000).toFixed(0)} ms; longest turn ${turnMs.toFixed(0)} ms\n`,
  );
}
