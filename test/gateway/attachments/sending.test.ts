import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createJpeg } from '../../support/files/pictures.ts';
import { upload } from '../../support/gateway/attachments.ts';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { longestTurn, measured } from '../../support/gateway/longest-turn.ts';
import { runOf } from '../../support/gateway/model-gateway.ts';
import { type ReceivingServer, startReceivingServer } from '../../support/model/receiving-server.ts';

/** Of the default largest attachment, and no multiple of three. */
const largest = createJpeg({ pixelBytes: 20_971_520 - 1_000 });

let model: ReceivingServer;
let gateway: TestGateway;
const settingsOf = ({ url }: ReceivingServer) => ({ OPENAI_BASE_URL: url, MODEL: 'openai-compatible/m' });

/** Uploads a file to a new session. */
async function prepare(of: TestGateway, bytes: Uint8Array<ArrayBuffer>, userId?: string) {
  const sessionId = await of.createSession(userId === undefined ? {} : { userId });
  const { id } = await upload(of, sessionId, { bytes, filename: 'photo.jpg' });
  return { sessionId, attachmentIds: [id] };
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

async function ask(of: TestGateway, prepared: Prepared, prompt = 'Look') {
  return (await collect(chat(of.client(), { ...prepared, prompt }))).at(-1);
}

function imageOf(body: string): string {
  return JSON.parse(body).messages.at(-1).content[0].image_url.url;
}

describe('with the usual settings', () => {
  beforeAll(async () => {
    model = await startReceivingServer();
    gateway = await startTestGateway({ settings: settingsOf(model) });
    // The first request of each kind takes long, because its code is not compiled yet.
    await ask(gateway, await prepare(gateway, createJpeg()));
  });
  afterEach(() => model.releaseAll());
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
  });

  test(
    'the largest attachment is sent whole, and holds the event loop for a short time only',
    measured,
    async () => {
      const prepared = await prepare(gateway, largest);
      const turnMs = await longestTurn(async () => {
        expect(await ask(gateway, prepared)).toMatchObject({ __typename: 'RunCompleted' });
      });
      const request = model.requests.at(-1);
      expect(request?.headers['content-length']).toBe(String(request?.bytes));
      expect(imageOf((await request?.body()) ?? '')).toBe(
        `data:image/jpeg;base64,${largest.toString('base64')}`,
      );
      // It was up to 900. The test reads the request in the same process.
      expect(turnMs).toBeLessThan(100);
    },
  );

  test('twelve runs that send at once hold hardly anything of their files', async () => {
    const bytes = createJpeg({ pixelBytes: 2_000_000 });
    const prepared: Prepared[] = [];
    for (let index = 0; index < 12; index += 1) prepared.push(await prepare(gateway, bytes));
    const before = model.requests.length;
    const held = () => process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    const heldBefore = held();
    model.hold();
    const asked = Promise.all(prepared.map((each) => ask(gateway, each)));
    await model.arrived(before + 12);
    // Each file was in memory several times, with 120 MB for all of them.
    expect(held() - heldBefore).toBeLessThan(40_000_000);
    model.releaseAll();
    for (const last of await asked) expect(last).toMatchObject({ __typename: 'RunCompleted' });
  });

  test('a request that is repeated has the file again', async () => {
    const prepared = await prepare(gateway, createJpeg({ pixelBytes: 300_000 }));
    model.refuse(503);
    expect(await ask(gateway, prepared)).toMatchObject({ __typename: 'RunCompleted' });
    const [first, second] = await Promise.all(model.requests.slice(-2).map((request) => request.body()));
    expect(first).toBe(second);
    expect(imageOf(first ?? '')).toHaveLength(
      23 + 4 * Math.ceil(createJpeg({ pixelBytes: 300_000 }).length / 3),
    );
  });

  test('a server that refuses a request before it has read it is understood', async () => {
    const prepared = await prepare(gateway, largest);
    model.refuse(401, { reads: false });
    expect(await ask(gateway, prepared)).toMatchObject({
      __typename: 'RunFailed',
      code: 'PROVIDER_UNAUTHORIZED',
    });
  });

  test('a run that is cancelled while it sends stops sending', async () => {
    const prepared = await prepare(gateway, largest);
    const before = model.requests.length;
    model.hold();
    const asked = ask(gateway, prepared);
    await model.arrived(before + 1);
    await gateway.query('mutation ($id: ID!) { cancelRun(input: { sessionId: $id }) { cancelled } }', {
      id: prepared.sessionId,
    });
    expect(await asked).toMatchObject({ __typename: 'RunCancelled' });
    expect(model.requests[before]?.bytes).toBe(0);
  });
});

describe('with room for two files', () => {
  const file = createJpeg({ pixelBytes: 300_000 });
  beforeAll(async () => {
    model = await startReceivingServer();
    const limits = { MAX_ATTACHMENT_BYTES_IN_FLIGHT: '700000', ATTACHMENT_WAIT_MS: '4000' };
    gateway = await startTestGateway({ settings: { ...settingsOf(model), ...limits } });
    await ask(gateway, await prepare(gateway, file));
  });
  afterEach(() => model.releaseAll());
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
  });

  test('runs wait for their turn, and the next is one of the user who sends least', async () => {
    const all: { user: string; prepared: Prepared }[] = [];
    for (const user of ['alice', 'alice', 'alice', 'alice', 'bob']) {
      all.push({ user, prepared: await prepare(gateway, file, user) });
    }
    const carol = { sessionId: await gateway.createSession(), attachmentIds: [] };
    const before = model.requests.length;
    model.hold();
    const asked: Promise<unknown>[] = [];
    for (const { user, prepared } of all) {
      asked.push(ask(gateway, prepared, `From ${user}`));
      await model.arrived(before + Math.min(asked.length, 2));
    }
    const live = () => gateway.services.database.run.count({ where: { status: 'RUNNING' } });
    await expect.poll(live).toBe(5);
    // A later prompt without files has come so far, so those before it wait for room.
    asked.push(ask(gateway, carol, 'From carol'));
    await model.arrived(before + 3);
    model.release(before);
    await model.arrived(before + 4);
    model.release(before + 1);
    await model.arrived(before + 5);
    model.releaseAll();
    for (const last of await Promise.all(asked)) expect(last).toMatchObject({ __typename: 'RunCompleted' });
    const senders = model.requests
      .slice(before)
      .map(async (request) => /From (\w+)/.exec(await request.body())?.[1]);
    const order = await Promise.all(senders);
    expect(order.toSorted()).toEqual(['alice', 'alice', 'alice', 'alice', 'bob', 'carol']);
    // All of alice's came first.
    expect(order.at(-1)).toBe('alice');
  });

  test('a run that waits for too long fails, costs nothing and is not lost; prompts without files do not wait', async () => {
    const before = model.requests.length;
    model.hold();
    const [one, two, three] = [
      await prepare(gateway, file),
      await prepare(gateway, file),
      await prepare(gateway, file),
    ];
    const sent = [ask(gateway, one), ask(gateway, two)];
    await model.arrived(before + 2);
    const late = await ask(gateway, three);
    expect(late).toMatchObject({
      __typename: 'RunFailed',
      code: 'OVERLOADED',
      reason: 'The gateway is sending too many files to models; try again later.',
    });
    expect((await runOf(gateway, late?.runId ?? '')).usage.inputTokens).toBe(0);
    const plain = ask(gateway, { sessionId: await gateway.createSession(), attachmentIds: [] });
    await model.arrived(before + 3);
    model.releaseAll();
    for (const each of [...sent, plain]) expect(await each).toMatchObject({ __typename: 'RunCompleted' });
    // The prompt with its file is still there, and is answered when there is room.
    const messages = 'query ($id: ID!) { session(id: $id) { messages(first: 1) { edges { node { id } } } } }';
    const { session } = await gateway.query(messages, { id: three.sessionId });
    const again = { sessionId: three.sessionId, answerTo: session.messages.edges[0].node.id };
    expect((await collect(chat(gateway.client(), again))).at(-1)).toMatchObject({
      __typename: 'RunCompleted',
    });
    expect(imageOf((await model.requests.at(-1)?.body()) ?? '')).toContain(
      file.toString('base64').slice(0, 1_000),
    );
  });

  test('a run that is cancelled while it waits ends at once, and gives its turn to the next', async () => {
    const before = model.requests.length;
    model.hold();
    const prepared: Prepared[] = [];
    for (let index = 0; index < 4; index += 1) prepared.push(await prepare(gateway, file));
    const waiting = prepared.slice(2);
    const asked = prepared.slice(0, 2).map((each) => ask(gateway, each));
    await model.arrived(before + 2);
    asked.push(...waiting.map((each) => ask(gateway, each)));
    const cancel = 'mutation ($id: ID!) { cancelRun(input: { sessionId: $id }) { cancelled } }';
    const live = () => gateway.services.database.run.count({ where: { status: 'RUNNING' } });
    await expect.poll(live).toBe(4);
    await gateway.query(cancel, { id: waiting[0]?.sessionId });
    model.releaseAll();
    const ends = (await Promise.all(asked)).map((last) => last?.__typename).toSorted();
    expect(ends).toEqual(['RunCancelled', 'RunCompleted', 'RunCompleted', 'RunCompleted']);
    expect(model.requests).toHaveLength(before + 3);
  });
});
