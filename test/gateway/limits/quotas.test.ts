import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeId } from '../../../src/base/global-id.ts';
import { fileForm, memo, uploadByRest } from '../../support/gateway/audio-upload.ts';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import type { GraphQLAnswer } from '../../support/gateway/gateway-api.ts';
import { createStatementLog, withoutCheckpoints } from '../../support/gateway/query-count.ts';
import { countBytes } from '../../support/gateway/stored-bytes.ts';
import { registerNode } from '../../support/node/nodes.ts';

/** One recording and some prompts with their answers fit. */
const mostBytes = memo.length + 5_000;

/** Each test has users of its own. */
let gateway: TestGateway;
beforeAll(async () => {
  const settings = {
    MAX_SESSIONS_PER_USER: '3',
    MAX_MESSAGES_PER_SESSION: '4',
    MAX_NODES_PER_USER: '2',
    MAX_STORED_BYTES_PER_USER: String(mostBytes),
  };
  gateway = await startTestGateway({ settings });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const createDocument = 'mutation ($input: CreateSessionInput!) { createSession(input: $input) { id } }';
const sendDocument = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
const attachDocument =
  'mutation ($sessionId: ID!, $nodeIds: [String!]!) { attachNodes(sessionId: $sessionId, nodeIds: $nodeIds) { id } }';

const create = (userId: string) => gateway.graphql(createDocument, { input: { userId } });
const send = (sessionId: string, prompt: string) =>
  gateway.graphql(sendDocument, { input: { sessionId, prompt, onBusy: 'ENQUEUE' } });
const deleteSession = (id: string) =>
  gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', { id });
const clearHistory = (id: string) =>
  gateway.query('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', { id });
const databaseIdOf = (id: string) => Number(decodeId(id)?.id);

function limitsOf(answers: GraphQLAnswer[]): string[] {
  return answers.map(({ errors }) => String(errors?.[0]?.extensions['limit'] ?? 'ok')).toSorted();
}

/** Sends a prompt, waits for the answer and returns the id of the answer's message. */
async function ask(sessionId: string, prompt = 'Hi'): Promise<number> {
  const events = await collect(chat(gateway.client(), { sessionId, prompt }));
  return databaseIdOf(events.at(-1)?.['message'].id);
}

test('MAX_SESSIONS_PER_USER is not exceeded when many sessions are created at once, and a deleted session makes room', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => create('alice')));

  expect(limitsOf(answers)).toEqual([
    ...Array<string>(5).fill('MAX_SESSIONS_PER_USER'),
    ...Array<string>(3).fill('ok'),
  ]);
  expect(answers.find(({ errors }) => errors)?.errors?.[0]).toMatchObject({
    message: 'This user has 3 sessions, and at most 3 are allowed; delete some first.',
    extensions: { code: 'QUOTA_EXCEEDED', limit: 'MAX_SESSIONS_PER_USER' },
  });
  expect(await gateway.services.database.session.count({ where: { userId: 'alice' } })).toBe(3);
  expect((await create('bob')).errors).toBeUndefined();

  await deleteSession(answers.find(({ data }) => data)?.data.createSession.id);
  expect((await create('alice')).errors).toBeUndefined();
  expect(limitsOf([await create('alice')])).toEqual(['MAX_SESSIONS_PER_USER']);
});

test('MAX_SESSIONS_PER_USER: REST answers 403 with a detail, and a session that cannot be created takes no room', async () => {
  const post = (userId: string, body: object) =>
    gateway.rest(`/sessions?user_id=${userId}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user_id: userId, ...body }),
    });
  for (let count = 0; count < 5; count += 1) {
    const input = { userId: 'carol', nodeIds: ['c1', 'c2', 'c3'] };
    expect(limitsOf([await gateway.graphql(createDocument, { input })])).toEqual(['MAX_NODES_PER_USER']);
  }
  for (let count = 0; count < 3; count += 1) expect((await post('carol', {})).ok).toBe(true);

  const refused = await post('carol', {});
  expect([refused.status, await refused.json()]).toEqual([
    403,
    { detail: 'This user has 3 sessions, and at most 3 are allowed; delete some first.' },
  ]);
});

test('MAX_MESSAGES_PER_SESSION refuses a prompt before it is stored, and clearing the history makes room', async () => {
  const sessionId = await gateway.createSession({ userId: 'dave' });
  const answers = await Promise.all(Array.from({ length: 4 }, () => send(sessionId, 'Hi')));

  expect(limitsOf(answers)).toEqual([...Array<string>(2).fill('MAX_MESSAGES_PER_SESSION'), 'ok', 'ok']);
  expect(answers.find(({ errors }) => errors)?.errors?.[0]?.extensions).toMatchObject({
    code: 'QUOTA_EXCEEDED',
  });
  const { message, run } = gateway.services.database;
  const where = { sessionId: databaseIdOf(sessionId) };
  expect([await message.count({ where }), await run.count({ where })]).toEqual([4, 2]);

  await expect.poll(() => clearHistory(sessionId).then(() => 'cleared', String)).toBe('cleared');
  expect(await ask(sessionId)).toBeGreaterThan(0);
});

test('MAX_NODES_PER_USER counts registered and named nodes, and a refused node changes nothing', async () => {
  const sessionId = await gateway.createSession({ userId: 'erin', nodeIds: ['erin-1', 'erin-2'] });

  const answer = await gateway.graphql(attachDocument, { sessionId, nodeIds: ['erin-1', 'erin-3'] });
  expect(answer.errors?.[0]).toMatchObject({
    message: 'This user has 2 nodes, and at most 2 are allowed; delete some first.',
    extensions: { code: 'QUOTA_EXCEEDED', limit: 'MAX_NODES_PER_USER' },
  });
  expect(await gateway.services.database.agentNode.count({ where: { userId: 'erin' } })).toBe(2);
  await gateway.query(attachDocument, { sessionId, nodeIds: ['erin-2'] });

  for (const nodeId of ['own-1', 'own-2']) await registerNode(gateway, nodeId);
  await expect(registerNode(gateway, 'own-3')).rejects.toMatchObject({ limit: 'MAX_NODES_PER_USER' });
  await gateway.query('mutation { deleteNode(nodeId: "own-1") { nodeId } }');
  await registerNode(gateway, 'own-3');
});

test('MAX_STORED_BYTES_PER_USER counts all sessions of a user, and deleting a session makes room', async () => {
  const sessionId = await gateway.createSession({ userId: 'frank' });
  const other = await gateway.createSession({ userId: 'frank' });
  // Two bytes of UTF-8 each.
  const half = 'é'.repeat(mostBytes / 4);
  await ask(sessionId, half);

  const answer = await send(other, half);
  expect(answer.errors?.[0]).toMatchObject({
    message: expect.stringMatching(
      `^This user has stored \\d+ bytes, and at most ${mostBytes} are allowed; ${half.length * 2} more do not fit. Delete some sessions first.$`,
    ),
    extensions: { code: 'QUOTA_EXCEEDED', limit: 'MAX_STORED_BYTES_PER_USER' },
  });

  await deleteSession(sessionId);
  await ask(other, half);
  expect(limitsOf([await send(other, half)])).toEqual(['MAX_STORED_BYTES_PER_USER']);
});

test('MAX_STORED_BYTES_PER_USER counts titles, system prompts and answers, also after they were changed and deleted', async () => {
  const systemPrompt = 'é'.repeat(mostBytes / 4);
  const input = { userId: 'ivan', systemPrompt, title: 'Tests' };
  const created = (await gateway.query(createDocument, { input })).createSession.id;
  const refused = [await gateway.graphql(createDocument, { input })];
  expect(limitsOf(refused)).toEqual(['MAX_STORED_BYTES_PER_USER']);
  const { database } = gateway.services;
  const count = () => countBytes(database, created);
  expect(await count()).toEqual({ counted: mostBytes / 2 + 5, stored: mostBytes / 2 + 5 });

  // An answer that is longer than the quota has room for is kept, and the next prompt is refused.
  await ask(created, 'write 2000 words');
  const full = await count();
  expect(full.counted).toBe(full.stored);
  expect(full.counted).toBeGreaterThan(mostBytes);
  expect(limitsOf([await send(created, 'Hi')])).toEqual(['MAX_STORED_BYTES_PER_USER']);

  const update =
    'mutation ($id: ID!, $input: UpdateSessionInput!) { updateSession(id: $id, input: $input) { id } }';
  const change = (input: object) => gateway.graphql(update, { id: created, input });
  expect(limitsOf([await change({ title: 'A longer title' })])).toEqual(['MAX_STORED_BYTES_PER_USER']);
  expect(limitsOf([await change({ toolApproval: 'DENY' }), await change({ systemPrompt: null })])).toEqual([
    'ok',
    'ok',
  ]);
  expect(await count()).toEqual({
    counted: full.counted - mostBytes / 2,
    stored: full.counted - mostBytes / 2,
  });

  await clearHistory(created);
  expect(await count()).toEqual({ counted: 5, stored: 5 });
  await Promise.all(['Mine', 'Yours', 'Ours'].map((title) => change({ title })));
  const changed = await count();
  expect(changed.counted).toBe(changed.stored);
  await ask(created);
});

test('MAX_STORED_BYTES_PER_USER refuses a recording and keeps no byte of it, and deleting another makes room', async () => {
  const { database } = gateway.services;
  const sessionId = await gateway.createSession({ userId: 'grace' });
  const messageId = await ask(sessionId);
  const second = await ask(sessionId);
  expect((await uploadByRest(gateway, messageId, fileForm(memo))).status).toBe(200);
  const storedBytes = async () => {
    const { counted, stored } = await countBytes(database, sessionId);
    expect(counted).toBe(stored);
    return counted;
  };
  const texts = (await storedBytes()) - memo.length;
  expect(texts).toBeGreaterThan(4);

  const refused = await uploadByRest(gateway, second, fileForm(memo));
  expect([refused.status, await refused.json()]).toEqual([
    403,
    { detail: expect.stringMatching(/^This user has stored \d+ bytes, and at most/) },
  ]);
  expect(await database.messageAudio.count({ where: { messageId: second } })).toBe(0);

  const remove = 'mutation ($id: ID!) { deleteMessageAudio(messageId: $id) { id } }';
  await gateway.query(remove, { id: Buffer.from(`Message:${messageId}`).toString('base64') });
  expect(await storedBytes()).toBe(texts);
  expect((await uploadByRest(gateway, second, fileForm(memo))).status).toBe(200);

  await clearHistory(sessionId);
  expect(await storedBytes()).toBe(0);
  expect((await uploadByRest(gateway, await ask(sessionId), fileForm(memo))).status).toBe(200);
});

test('quotas add no SQL statement to a prompt of a user who has sent one before', async () => {
  await using unlimited = await startTestGateway({ settings: { MAX_MESSAGES_PER_SESSION: '0' } });
  const statementsOf = async (tested: TestGateway) => {
    const sessionId = await tested.createSession({ userId: 'heidi' });
    const log = createStatementLog(tested.services);
    const ask = async () => {
      await collect(chat(tested.client(), { sessionId, prompt: 'Hi' }));
      // The client has its last run event before the engine has looked for the next run.
      await expect.poll(() => tested.services.engine.liveRuns).toBe(0);
    };
    await ask();
    return withoutCheckpoints(await log.during(ask)).length;
  };
  expect(await statementsOf(gateway)).toBe(await statementsOf(unlimited));
});

test('near a full disk, users who have stored more than their share are refused, and others are not', async () => {
  let free = 1_000;
  await using tested = await startTestGateway({
    settings: { MAX_STORED_BYTES_PER_USER: '40000', MIN_FREE_DISK_BYTES: '1000' },
    readDisk: async () => ({ free, size: 1_000_000 }),
  });
  const sessionOf = (userId: string) => tested.createSession({ userId });
  const prompt = async (sessionId: string, text: string) =>
    collect(chat(tested.client(), { sessionId, prompt: text }));
  const [heavy, light] = [await sessionOf('heavy'), await sessionOf('light')];
  await prompt(heavy, 'x'.repeat(30_000));
  await prompt(light, 'say hello');

  free = 500;
  const refused = async () => {
    const { errors } = await tested.graphql(sendDocument, { input: { sessionId: heavy, prompt: 'Hi' } });
    return errors?.[0]?.extensions;
  };
  await expect
    .poll(refused, { timeout: 5_000, interval: 100 })
    .toEqual({ code: 'QUOTA_EXCEEDED', limit: 'MIN_FREE_DISK_BYTES' });
  await prompt(light, 'say hello');
  const created = await tested.graphql(createDocument, { input: { userId: 'heavy' } });
  expect(created.errors?.[0]?.message).toMatch(
    /^The disk of the gateway is nearly full. This user has stored \d+ bytes, and each user may have 20000 until/,
  );
  await tested.query('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', { id: heavy });
  await sessionOf('heavy');
});
