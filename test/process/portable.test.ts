import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPng } from '../support/files/pictures.ts';
import { openTemporaryFolder, type TemporaryFolder } from '../support/files/temporary-folder.ts';
import { createWav } from '../support/files/wav.ts';
import { upload } from '../support/gateway/attachments.ts';
import { type ChatVariables, chat, collect } from '../support/gateway/chat.ts';
import { databaseIdOf } from '../support/gateway/database-id.ts';
import { startTestGateway, type TestGateway } from '../support/gateway/gateway.ts';
import { messageId } from '../support/gateway/message-tree.ts';
import { type ScriptedGateway, startScriptedGateway } from '../support/gateway/scripted-gateway.ts';
import { createGatedTools, steer } from '../support/gateway/steering.ts';
import { reasoning, status, text, toolCall } from '../support/model/turn.ts';
import { exportTo, importFrom } from '../support/process/move-sessions.ts';
import { describeWithPostgres, openEmptyDatabase } from '../support/process/postgres.ts';
import { switchyard } from '../support/process/switchyard.ts';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await openTemporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

const pathOf = (name: string) => join(folder.path, name);
const picture = createPng();
const wave = createWav({ seconds: 1 });

const summary = 'Es war 赤.';
const { tools, gatedCall } = createGatedTools();

/** Fills a gateway with what conversations can have. */
async function converse(gateway: ScriptedGateway): Promise<string> {
  const { model } = gateway;
  const say = async (input: ChatVariables, ...turns: Parameters<typeof model.script>) => {
    model.script(...turns);
    const events = await collect(chat(gateway.client(), input));
    return events.at(-1)?.['message'].id as string;
  };
  const labels = { tags: ['α', 'b'], metadata: { ticket: 'T-1', 数: [1.5, null] } };
  const settings = { settings: { temperature: 0.5 }, systemPrompt: 'Be brief.\n短く。' };
  const sessionId = await gateway.createSession({ title: '旅行 “Größe” 🐎', ...labels, ...settings });
  const file = await upload(gateway, sessionId, { bytes: picture, filename: '図.png' });
  const call = toolCall('call_1', 'check', { gate: 'none', big: 12345678901234567890n.toString() });
  const first = await say(
    { sessionId, prompt: 'Look: 見て', attachmentIds: [file.id] },
    [reasoning('Hm. '), text('Let me see. '), call],
    [text('It is red. 赤い。')],
  );
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(wave)], { type: 'audio/wav' }), 'note.wav');
  const audio = `/sessions/messages/${databaseIdOf(first)}/audio`;
  expect((await gateway.rest(audio, { method: 'POST', body: form })).status).toBe(200);
  const second = await say({ sessionId, prompt: 'And now?' }, [text('Blue.')]);
  const prompt = messageId(databaseIdOf(second) - 1);
  await say({ sessionId, prompt: 'And then?', editOf: prompt }, [text('Green.')]);
  await say({ sessionId, answerTo: prompt }, [text('Yellow.')]);
  const doomed = await say({ sessionId, prompt: 'Forget this.', editOf: prompt }, [text('Secret.')]);
  await gateway.query('mutation ($id: ID!) { deleteMessage(id: $id) { id } }', {
    id: messageId(databaseIdOf(doomed) - 1),
  });
  const { gate, call: waits } = gatedCall('call_2');
  const steered = say({ sessionId, prompt: 'Work.' }, [waits], [text('Done.')]);
  await gate.reached;
  await steer(gateway, { sessionId, prompt: 'Faster! 早く' });
  gate.release();
  await steered;
  await say({ sessionId, prompt: 'Fail.' }, [status(400)]);
  await gateway.query('mutation ($id: ID!) { selectBranch(messageId: $id) { id } }', { id: second });
  const { database } = gateway.services;
  await database.contextSummary.create({
    data: {
      ...{ throughId: databaseIdOf(first), sessionId: databaseIdOf(sessionId), text: summary },
      ...{ tokenCount: 3, coveredMessages: 2, providerName: 'p', modelName: 'm' },
    },
  });
  const other = await gateway.createSession({ title: 'Old', userId: 'bob' });
  await say({ sessionId: other, prompt: 'Hi' }, [text('Hello, bob.')]);
  await gateway.query('mutation ($id: ID!) { archiveSession(id: $id, archived: true) { id } }', {
    id: other,
  });
  await gateway.query('mutation ($id: ID!) { pinSession(id: $id, pinned: true) { id } }', { id: sessionId });
  return sessionId;
}

const message$ = `role status content reasoning finishReason cancelCause tokenCount createdAt
  parent { content } siblings { content role } steeredInto { content } steeredPrompts { textOffset message { content } }
  audio { mimeType size filename durationSeconds } attachments { mimeType size filename sha256 width height tokenCount }
  toolCalls { callId name args status result errorCode exitCode textOffset reasoningOffset }
  run { status lastSeq error { code message } usage { inputTokens outputTokens measured } }`;
const conversations = `{ sessions(first: 3) { edges { node {
  title userId featureName providerName modelName systemPrompt tags metadata archivedAt pinnedAt createdAt lastActivityAt
  settings { temperature } head { content } tokenUsage { inputTokens outputTokens byModel { providerName inputTokens } }
  messages(first: 20) { totalCount edges { node { ${message$} } } } } } }
  searchMessages(query: "赤い", first: 5) { edges { snippet node { content } } } }`;

/** The lines of an export without ids of databases: each id is the number of the line in which it is defined. */
async function comparable(name: string): Promise<unknown[]> {
  const lines = (await readFile(pathOf(`${name}/sessions.jsonl`), 'utf8')).trimEnd().split('\n').slice(1);
  const [messages, runs, sessions] = [new Map(), new Map(), new Map()];
  const known = (ids: Map<unknown, number>, id: unknown) => (id === null ? null : ids.get(id));
  return lines.map((line, number) => {
    const { id, ...record } = JSON.parse(line);
    if (record.type === 'session') sessions.set(id, number);
    if (record.type === 'message') messages.set(id, number);
    if (record.type === 'run') runs.set(id, number);
    if ('head' in record) record.head = known(messages, record.head);
    for (const field of ['message', 'parent', 'prompt', 'answer']) {
      if (field in record) record[field] = known(messages, record[field]);
    }
    if (record.joined) record.joined.answer = known(messages, record.joined.answer);
    if (record.joinedRun) record.joinedRun = known(runs, record.joinedRun);
    return record;
  });
}

/** Of the session with the summary, which its test has stored without counting it. */
async function storedBytes({ services: { database } }: TestGateway): Promise<number> {
  const session = await database.session.findFirstOrThrow({ where: { userId: 'anonymous' } });
  return Number(session.storedBytes);
}

const done = (stderr: RegExp) => ({ code: 0, stdout: '', stderr: expect.stringMatching(stderr) });

describeWithPostgres('an export', () => {
  test('it carries conversations from SQLite to PostgreSQL and back, while gateways run', async () => {
    await using database = await openEmptyDatabase();
    const postgres = { DATABASE_URL: database.url, DATA_DIR: pathOf('second') };
    let before: unknown;
    let bytes = 0;
    {
      await using gateway = await startScriptedGateway({ tools, dataDir: pathOf('first') });
      await converse(gateway);
      before = await gateway.query(conversations);
      bytes = (await storedBytes(gateway)) + Buffer.byteLength(summary);
      const exported = await switchyard({ DATA_DIR: pathOf('first') }, 'export', '--to', pathOf('a'));
      expect(exported).toEqual(done(/^Exported 2 sessions with 14 messages and 2 files \(.*\) to /));
      const deeds = await gateway.query(
        '{ auditLog(action: SESSIONS_EXPORTED) { edges { node { ownerId detail } } } }',
      );
      expect(deeds.auditLog.edges.map(({ node }: { node: unknown }) => node)).toEqual(
        expect.arrayContaining([{ ownerId: 'bob', detail: '1 session' }]),
      );
    }
    expect(await importFrom(pathOf('a'), postgres)).toMatch(
      /^Imported 2 sessions with 14 messages and .* of files\.$/,
    );
    expect(await exportTo(pathOf('b'), postgres)).toMatch(
      /^Exported 2 sessions with 14 messages and 2 files/,
    );
    expect(await comparable('b')).toEqual(await comparable('a'));

    // The gateway is running, and has sessions of its own, so that all ids are others.
    await using gateway = await startTestGateway({ dataDir: pathOf('third') });
    await gateway.createSession();
    const { database: third } = gateway.services;
    await third.session.deleteMany();
    const settings = { DATA_DIR: pathOf('third') };
    expect(await importFrom(pathOf('b'), settings)).toMatch(/^Imported 2 sessions with 14 messages/);
    expect(await gateway.query(conversations)).toEqual(before);
    expect(await storedBytes(gateway)).toBe(bytes);
    const [audio] = await third.messageAudio.findMany();
    const sound = await gateway.rest(`/sessions/messages/${audio?.messageId}/audio`);
    expect(Buffer.from(await sound.arrayBuffer())).toEqual(Buffer.from(wave));
    const usage = await third.dailyUsage.count();
    expect(usage).toBe(0);
    await exportTo(pathOf('c'), settings);
    expect(await comparable('c')).toEqual(await comparable('a'));

    // What is there is left as it is; the user of somebody else's session gets one of their own.
    const unchanged = /^Imported 0 sessions .* Left 2 sessions unchanged that had been there before\.$/;
    expect(await importFrom(pathOf('a'), settings)).toMatch(unchanged);
    expect(await importFrom(pathOf('a'), settings, 'bob')).toMatch(
      /^Imported 1 session .* Left 1 session unchanged/,
    );
    expect(await third.session.count({ where: { userId: 'bob' } })).toBe(2);
    expect(await importFrom(pathOf('c'), { DATA_DIR: pathOf('first') })).toMatch(unchanged);
  });
});
