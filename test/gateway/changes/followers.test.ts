import { expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { createDeafBus } from '../../support/gateway/counting-bus.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import type { GatewayApi } from '../../support/gateway/gateway-api.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { usesPostgres } from '../../support/gateway/postgres-database.ts';
import { createStatementLog } from '../../support/gateway/query-count.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { beginWatch, watch } from '../../support/gateway/watch.ts';
import { createGate } from '../../support/model/turn.ts';
import { onServer } from '../../support/suite/postgres-server.ts';

const shared = shareGateway(() => startTestGateway());

const rename = (gateway: GatewayApi, id: string, title: string) =>
  gateway.query(
    'mutation ($id: ID!, $title: String) { updateSession(id: $id, input: { title: $title }) { id } }',
    {
      id,
      title,
    },
  );

test('followers of one session share one read for each change', async () => {
  const gateway = shared();
  const sessionId = await gateway.createSession();
  const after = await beginWatch(gateway, sessionId);
  const followers = Array.from({ length: 20 }, () => watch(gateway, { sessionId, after }));
  await rename(gateway, sessionId, 'first');
  for (const follower of followers) await follower.until(1);
  const log = createStatementLog(gateway.services);

  const executed = await log.during(async () => {
    await rename(gateway, sessionId, 'second');
    for (const follower of followers) await follower.until(2);
  });

  const reads = executed.filter(({ sql }) => sql.includes('FROM "Change" WHERE "sessionId" = ?'));
  // One finds the change, one finds that there is no other. On PostgreSQL an open transaction may add some.
  expect(reads.length).toBeGreaterThan(0);
  if (!usesPostgres) expect(reads.length).toBeLessThan(6);
  for (const follower of followers) await follower[Symbol.asyncDispose]();
});

test('a bus that loses every ring costs time and no event', async () => {
  await using gateway = await startTestGateway({ bus: createDeafBus() });
  const sessionId = await gateway.createSession();
  const after = await beginWatch(gateway, sessionId);
  await using watching = watch(gateway, { sessionId, after });

  await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));

  const seen = await watching.until('RunEnded');
  expect(seen.map(({ __typename }) => __typename)).toEqual([
    ...['MessageAdded', 'MessageAdded', 'RunStarted', 'RunEnded'],
  ]);
});

test('where the events behind a cursor have expired, the follower gets one gap, and then all that follows', async () => {
  await using gateway = await startTestGateway({ settings: { CHANGE_LOG_TTL_MS: '1' } });
  const sessionId = await gateway.createSession();
  const expired = await beginWatch(gateway, sessionId);
  // More than one piece of the sweep.
  const old = { userId: 'alice', kind: 'SessionUpdated', payload: {}, at: new Date(0) };
  await gateway.services.database.change.createMany({ data: Array.from({ length: 2_500 }, () => old) });
  await rename(gateway, sessionId, 'kept, because it is the newest');
  // The sweep leaves the newest change of all.
  const count = () => gateway.services.database.change.count();
  await expect.poll(count, { timeout: 10_000 }).toBe(1);

  await using watching = watch(gateway, { sessionId, after: expired });
  const [gap] = await watching.until(1);
  await rename(gateway, sessionId, 'new');
  const seen = await watching.until(2);

  expect(seen.map(({ __typename }) => __typename)).toEqual(['WatchGap', 'SessionUpdated']);
  await using resumed = watch(gateway, { sessionId, after: seen[1]?.cursor });
  await rename(gateway, sessionId, 'newer');
  expect((await resumed.until(1))[0]).toMatchObject({
    __typename: 'SessionUpdated',
    session: { title: 'newer' },
  });
  expect(gap?.cursor).toEqual(expect.any(String));
});

test.runIf(usesPostgres)(
  'a transaction that commits late is told to all followers, once, in the order that a later reader sees',
  async () => {
    const gateway = shared();
    const { statements, changes } = gateway.services;
    const sessionId = await gateway.createSession();
    const id = Number(Buffer.from(sessionId, 'base64').toString().split(':')[1]);
    const after = await beginWatch(gateway, sessionId);
    await using early = watch(gateway, { sessionId, after });
    const gate = createGate();

    const late = statements.transaction(async (tx) => {
      await changes.log.write(tx, [{ kind: 'MessageAdded', sessionId: id, messageId: 1 }]);
      await gate.pass();
    });
    await gate.reached;
    for (const title of ['a', 'b', 'c']) await rename(gateway, sessionId, title);
    await using joined = watch(gateway, { sessionId, after });
    expect(early.seen).toEqual([]);
    gate.release();
    await late;

    const order = ['MessageAdded', 'SessionUpdated', 'SessionUpdated', 'SessionUpdated'];
    const [seen, same] = [await early.until(4), await joined.until(4)];
    expect(seen.map(({ __typename }) => __typename)).toEqual(order);
    expect(same).toEqual(seen);
    await rename(gateway, sessionId, 'd');
    expect((await early.until(5)).map(({ cursor }) => cursor)).toEqual(
      (await joined.until(5)).map(({ cursor }) => cursor),
    );
  },
);

test.runIf(usesPostgres)(
  'a transaction that stays open in another database of the server does not hold events back',
  async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    await onServer(async (server) => {
      await server.query('BEGIN');
      await server.query('SELECT pg_current_xact_id()');

      const after = await beginWatch(gateway, sessionId);
      await using watching = watch(gateway, { sessionId, after });
      await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));

      expect((await watching.until('RunEnded')).map(({ __typename }) => __typename)).toEqual([
        ...['MessageAdded', 'MessageAdded', 'RunStarted', 'RunEnded'],
      ]);
    });
  },
);

test.runIf(usesPostgres)(
  'after a backup was restored on a server that has had fewer transactions, followers get a gap and all new events',
  async () => {
    await using folder = await openMigratedFolder();
    const first = await startTestGateway({ dataDir: folder.path });
    const sessionId = await first.createSession();
    const after = await beginWatch(first, sessionId);
    await first.services.database.change.updateMany({ data: { transactionId: 10n ** 15n } });
    await first[Symbol.asyncDispose]();

    await using gateway = await startTestGateway({ dataDir: folder.path });
    await using watching = watch(gateway, { sessionId, after });
    await watching.until('WatchGap');
    await rename(gateway, sessionId, 'after the restoration');

    expect((await watching.until(2)).map(({ __typename }) => __typename)).toEqual([
      'WatchGap',
      'SessionUpdated',
    ]);
  },
);
