import { afterAll, beforeAll, expect, test } from 'vitest';
import { sessionsAtOnce } from '../../../src/chat/removal/removal-sweep.ts';
import { deleteSessions } from '../../../src/storage/statements/removal.ts';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { longestTurn, measured } from '../../support/gateway/longest-turn.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { globalId, seed, seedManySessions, seedMessages } from '../schema/seed.ts';

/** More than a turn may take in the end, because the requests of the test run in the same process. */
const longestTurnMs = 150;
/** Enough for many pieces of a deletion. */
const many = 20_000;

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScriptedGateway();
  // The first request of each kind takes long, because its code is not compiled yet.
  const id = await gateway.createSession();
  await gateway.query(count, { id });
  await gateway.query(clear, { id });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const count = `query ($id: ID!) {
  session(id: $id) { messages(last: 20) { totalCount(upTo: 100000) edges { node { content } } } }
}`;

const clear = 'mutation ($id: ID!) { clearHistory(sessionId: $id) { databaseId } }';

async function createLongSession(of: TestGateway): Promise<number> {
  const [id = 0] = await seed(of.services.database, { sessions: 1, turns: 1, toolCalls: 1, models: 1 });
  await seedMessages(of.services.database, id, many);
  return id;
}

/** Reads the session again and again until the action has ended. Returns what the reads saw. */
async function readDuring<T>(act: () => Promise<unknown>, read: () => Promise<T>): Promise<Set<string>> {
  const seen = new Set<string>();
  let isOver = false;
  const ended = act().finally(() => {
    isOver = true;
  });
  while (!isOver) seen.add(JSON.stringify(await read()));
  await ended;
  return seen;
}

test(
  'readers see all messages or no message while a long history is cleared, and no turn is long',
  measured,
  async () => {
    const sessionId = await createLongSession(gateway);
    const id = globalId('Session', sessionId);
    let seen = new Set<string>();

    const longestMs = await longestTurn(async () => {
      seen = await readDuring(
        () => gateway.query(clear, { id }),
        async () => {
          const { messages } = (await gateway.query(count, { id })).session;
          return messages.edges.length;
        },
      );
    });

    expect([...seen].filter((each) => each !== '20')).toEqual(['0']);
    expect(await gateway.services.database.message.count({ where: { sessionId } })).toBe(0);
    const { clearedThroughId } = await gateway.services.database.session.findUniqueOrThrow({
      where: { id: sessionId },
    });
    expect(clearedThroughId).toBe(0);
    expect(longestMs).toBeLessThan(longestTurnMs);
  },
);

test(
  'readers see a whole session or no session while a long one is deleted, and no turn is long',
  measured,
  async () => {
    const sessionId = await createLongSession(gateway);
    const id = globalId('Session', sessionId);
    const { database } = gateway.services;
    const remove = () =>
      gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { databaseId } }', { id });
    let seen = new Set<string>();

    const longestMs = await longestTurn(async () => {
      seen = await readDuring(remove, async () => {
        const { session } = await gateway.query('query ($id: ID!) { session(id: $id) { title } }', { id });
        return session;
      });
    });

    expect([...seen]).toContain('null');
    expect(await database.session.findUnique({ where: { id: sessionId } })).toBeNull();
    expect(await database.message.count({ where: { sessionId } })).toBe(0);
    expect(await database.run.count({ where: { sessionId } })).toBe(0);
    expect(longestMs).toBeLessThan(longestTurnMs);
  },
);

test('no field finds the rows of a session that is being deleted', async () => {
  const { database } = gateway.services;
  const [sessionId = 0] = await seed(database, { sessions: 1, turns: 1, userId: 'dave' });
  const run = await database.run.findFirstOrThrow({ where: { sessionId } });
  const ids = {
    session: globalId('Session', sessionId),
    run: globalId('Run', run.id),
    message: globalId('Message', run.userMessageId ?? 0),
  };
  // The state between two pieces of a deletion.
  const data = { deletedAt: new Date(), clearedThroughId: 2 ** 31 - 1 };
  await database.session.update({ where: { id: sessionId }, data });
  const found = await gateway.query(
    `query ($session: ID!, $run: ID!, $message: ID!, $number: Int!) {
        session(id: $session) { id }
        sessionByDatabaseId(databaseId: $number) { id }
        sessions(userId: "dave", first: 100) { totalCount(upTo: 100) edges { node { id } } }
        found: sessions(userId: "dave", search: "Chat") { edges { node { id } } }
        run(id: $run) { id }
        nodes(ids: [$session, $run, $message]) { id }
      }`,
    { ...ids, number: sessionId },
  );
  expect(found).toEqual({
    session: null,
    sessionByDatabaseId: null,
    sessions: { totalCount: 0, edges: [] },
    found: { edges: [] },
    run: null,
    nodes: [null, null, null],
  });
  const send = gateway.send({ sessionId: ids.session, prompt: 'Hello' });
  await expect(send).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('no field and no model sees messages that were cleared and whose rows are still there', async () => {
  const { database } = gateway.services;
  const [sessionId = 0] = await seed(database, { sessions: 1, turns: 1, toolCalls: 1 });
  const run = await database.run.findFirstOrThrow({ where: { sessionId } });
  const message = globalId('Message', run.assistantMessageId ?? 0);
  const data = { clearedThroughId: run.assistantMessageId ?? 0 };
  await database.session.update({ where: { id: sessionId }, data });
  const id = globalId('Session', sessionId);

  const found = await gateway.query(
    `query ($session: ID!, $run: ID!, $message: ID!) {
      session(id: $session) { messages { totalCount(upTo: 100) edges { node { id } } } lastMessage { id } }
      run(id: $run) { userMessage { id } assistantMessage { id } }
      node(id: $message) { id }
    }`,
    { session: id, run: globalId('Run', run.id), message },
  );
  expect(found).toEqual({
    session: { messages: { totalCount: 0, edges: [] }, lastMessage: null },
    run: { userMessage: null, assistantMessage: null },
    node: null,
  });
  const deleteAudio = 'mutation ($id: ID!) { deleteMessageAudio(messageId: $id) { id } }';
  expect((await gateway.graphql(deleteAudio, { id: message })).errors).toMatchObject([
    { extensions: { code: 'NOT_FOUND' } },
  ]);
  await collect(chat(gateway.client(), { sessionId: id, prompt: 'Hello' }));
  expect(gateway.model.requests.at(-1)?.body['messages']).toEqual([{ role: 'user', content: 'Hello' }]);
});

test('a history that is cleared again while its first messages are deleted stays cleared', async () => {
  const { database } = gateway.services;
  const [sessionId = 0] = await seed(database, { sessions: 1 });
  const id = globalId('Session', sessionId);
  for (let round = 0; round < 10; round += 1) {
    await seedMessages(database, sessionId, 250);
    const first = gateway.query(clear, { id });
    await seedMessages(database, sessionId, 5);
    await Promise.all([first, gateway.query(clear, { id })]);

    expect((await gateway.query(count, { id })).session.messages.totalCount).toBe(0);
    expect(await database.message.count({ where: { sessionId } })).toBe(0);
  }
  const { clearedThroughId } = await database.session.findUniqueOrThrow({ where: { id: sessionId } });
  expect(clearedThroughId).toBe(0);
});

test('the next start goes on with a deletion that a crash broke off', async () => {
  await using folder = await openMigratedFolder();
  const first = await startTestGateway({ dataDir: folder.path });
  const sessionId = await createLongSession(first);
  const [cleared = 0] = await seed(first.services.database, { sessions: 1, turns: 2 });
  const { id: newest } = await first.services.database.message.findFirstOrThrow({
    where: { sessionId: cleared },
    orderBy: { id: 'desc' },
  });
  const { session } = first.services.database;
  const data = { deletedAt: new Date(), clearedThroughId: 2 ** 31 - 1 };
  await session.update({ where: { id: sessionId }, data });
  await session.update({ where: { id: cleared }, data: { clearedThroughId: newest - 1 } });
  await first[Symbol.asyncDispose]();

  await using next = await startTestGateway({ dataDir: folder.path });

  const { database } = next.services;
  expect((await next.query(count, { id: globalId('Session', sessionId) })).session).toBeNull();
  expect((await next.query(count, { id: globalId('Session', cleared) })).session.messages.totalCount).toBe(1);
  await expect.poll(() => database.message.count(), { timeout: 20_000 }).toBe(1);
  const left = () => database.session.findMany({ select: { id: true, clearedThroughId: true } });
  await expect.poll(left).toEqual([{ id: cleared, clearedThroughId: 0 }]);
});

test('the deletion of many sessions stops when its client leaves', async () => {
  const { database, statements, sessions } = gateway.services;
  const atOnce = sessionsAtOnce[statements.dialect];
  await seed(database, { sessions: atOnce + 70, userId: 'bob' });
  const leave = new AbortController();

  statements.observe((sql) => {
    if (sql === deleteSessions.sql) leave.abort();
  });

  const deleted = await sessions.deleteAll({ userId: 'bob' }, leave.signal);

  expect(deleted).toHaveLength(atOnce);
  expect(await database.session.count({ where: { userId: 'bob' } })).toBe(70);
});

test(
  'the deletion of many sessions takes few statements for each, and no turn is long',
  measured,
  async () => {
    const { database, statements } = gateway.services;
    const count = 1_000;
    await seedManySessions(database, 'erin', count);
    await gateway.rest('/sessions/?user_id=nobody', { method: 'DELETE' });
    let executed = 0;
    statements.observe(() => {
      executed += 1;
    });
    const longestMs = await longestTurn(async () => {
      const response = await gateway.rest('/sessions/?user_id=erin', { method: 'DELETE' });
      expect(await response.json()).toEqual({ message: 'Sessions deleted', deleted_sessions: count });
    });
    expect(await database.session.count({ where: { userId: 'erin' } })).toBe(0);
    // There were three for each session, and 26 for each piece.
    expect(executed).toBeLessThan((30 * count) / sessionsAtOnce[statements.dialect] + 30);
    expect(longestMs).toBeLessThan(longestTurnMs);
  },
);

test(
  'a search that reads many titles finds sessions beyond its first piece, and no turn is long',
  measured,
  async () => {
    const { database } = gateway.services;
    await database.$executeRaw`INSERT INTO "Session" ("userId", "title", "updatedAt")
    WITH RECURSIVE counter(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counter WHERE number < ${many})
    SELECT 'carol', 'Chat ' || number, '2026-01-31T12:00:00.000+00:00' FROM counter`;
    const titles = async (search: string, range: string): Promise<string[]> => {
      const query = `query ($search: String!) { sessions(userId: "carol", search: $search, ${range}) { edges { node { title } } } }`;
      const { sessions } = await gateway.query(query, { search });
      return sessions.edges.map(({ node }: { node: { title: string } }) => node.title);
    };
    await titles('warm up', 'first: 3');

    const longestMs = await longestTurn(async () => {
      // Newest first: the pieces of a page from the end begin with the oldest sessions.
      expect(await titles('chat 17', 'last: 2')).toEqual(['Chat 170', 'Chat 17']);
      expect(await titles('chat 42', 'first: 100')).toHaveLength(100);
      expect(await titles('CHAT 3', 'first: 2')).toEqual(['Chat 3999', 'Chat 3998']);
      expect(await titles('nowhere to be found', 'first: 20')).toEqual([]);
    });

    expect(longestMs).toBeLessThan(longestTurnMs);
  },
);
