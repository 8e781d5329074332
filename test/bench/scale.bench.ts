import { seed, seedManySessions, seedNodes } from '../gateway/schema/seed.ts';
import { startTestGateway, type TestGateway } from '../support/gateway/gateway.ts';
import { longestTurn } from '../support/gateway/longest-turn.ts';
import { median } from './report.ts';
import { reads } from './scale-reads.ts';

/**
 * Compares reads on a small database with the same reads on a large one, and shows how long each held the event loop.
 * With SQLite it compares processor time, and with PostgreSQL the time until the response. Run it with
 * `tsx test/bench/scale.bench.ts [rows] [repetitions] [URL of an empty database of PostgreSQL, and of a second one]`.
 */
const rows = Number(process.argv[2] ?? 100_000);
const repetitions = Number(process.argv[3] ?? 40);
const urls = process.argv.slice(4);
const small = 100;
const warmUp = 10;

/** Starts a gateway with so many sessions, the first of which has as many messages. */
async function startWith(count: number, url: string | undefined): Promise<TestGateway> {
  const gateway = await startTestGateway({ settings: url ? { DATABASE_URL: url } : {} });
  const { database, searchBacklog } = gateway.services;
  const agentNodeIds = await seedNodes(database, 2);
  await seed(database, { sessions: 1, turns: count / 2, userId: 'anonymous', models: 2, agentNodeIds });
  await seed(database, { sessions: 3, turns: 5, userId: 'bob' });
  for (let done = 0; done < count; done += 1_000) {
    await seedManySessions(database, 'anonymous', Math.min(1_000, count - done));
  }
  await database.$executeRaw`UPDATE "Session" SET "tags" = '["frequent"]'`;
  await database.$executeRaw`UPDATE "Session" SET "tags" = '["frequent","rare"]', "isArchived" = TRUE WHERE "id" = 3`;
  await database.$executeRaw`UPDATE "Session" SET "pinnedAt" = "createdAt" WHERE "id" = 2`;
  await database.$executeRaw`UPDATE "Message" SET "content" = 'A zebra' WHERE "id" IN (5, 7)`;
  searchBacklog.collect();
  await searchBacklog.settled();
  if (url) await database.$executeRaw`ANALYZE`;
  return gateway;
}

interface Measured {
  /** The median time of a read, and the longest turn, in milliseconds. */
  ms: number;
  turnMs: number;
}

/** The reads take turns, so that a noisy moment does not affect only one of them. */
async function measure(acts: (() => Promise<unknown>)[]): Promise<Measured[]> {
  const all = acts.map((act) => ({ act, times: [] as number[], turnMs: 0 }));
  for (let time = -warmUp; time < repetitions; time += 1) {
    for (const one of all) {
      const [startedAt, before] = [performance.now(), process.cpuUsage()];
      const turnMs = await longestTurn(one.act);
      const { user, system } = process.cpuUsage(before);
      const ms = urls.length > 0 ? performance.now() - startedAt : (user + system) / 1_000;
      if (time < 0) continue;
      one.times.push(ms);
      one.turnMs = Math.max(one.turnMs, turnMs);
    }
  }
  return all.map(({ times, turnMs }) => ({ ms: median(times), turnMs }));
}

await using few = await startWith(small, urls[0]);
await using many = await startWith(rows, urls[1]);
for (const [name, read] of Object.entries(reads)) {
  const [before, after] = await measure([() => read(few), () => read(many)]);
  if (!before || !after) continue;
  process.stdout.write(
    `${name}: ${before.ms.toFixed(1)} ms with ${small} rows, ${after.ms.toFixed(1)} ms with ${rows}, ` +
      `ratio ${(after.ms / before.ms).toFixed(2)}; longest turn ${after.turnMs.toFixed(0)} ms\n`,
  );
}
const long: [string, string, string?][] = [
  ['REST list that is refused', '/sessions/?user_id=anonymous'],
  ['REST messages that are refused', '/sessions/1/messages'],
  ['clear-history', '/sessions/1/clear-history', 'POST'],
  ['delete of that session', '/sessions/1', 'DELETE'],
];
for (const [name, path, method = 'GET'] of long) {
  const startedAt = process.cpuUsage();
  const turnMs = await longestTurn(async () => (await many.rest(path, { method })).text());
  const { user, system } = process.cpuUsage(startedAt);
  process.stdout.write(
    `${name}, ${rows} rows: ${((user + system) / 1_000).toFixed(0)} ms; longest turn ${turnMs.toFixed(0)} ms\n`,
  );
}
