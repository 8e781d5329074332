import { describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { createGate, silence, text } from '../../support/model/turn.ts';

const watchDocument = `subscription ($sessionId: ID!) {
  sessionEvents(sessionId: $sessionId) {
    __typename
    ... on RunStarted { seq run { status } }
    ... on RunEnded { run { status } }
    ... on MessageAdded { message { role content } }
    ... on SessionUpdated { session { title } }
    ... on HistoryCleared { session { messages { edges { cursor } } } }
    ... on SessionDeleted { id }
  }
}`;

/** Watches from now on: the first result is awaited by causing a change until one is seen. */
async function watch(gateway: ScriptedGateway, sessionId: string) {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  const seen: any[] = [];
  const results = gateway.client().iterate({ query: watchDocument, variables: { sessionId } });
  const done = (async () => {
    for await (const { data } of results) seen.push((data as { sessionEvents: object }).sessionEvents);
  })();
  await expect
    .poll(async () => {
      await update(gateway, sessionId, { title: 'ready' });
      return seen.length;
    })
    .toBeGreaterThan(0);
  seen.length = 0;
  return { seen, done };
}

function update(gateway: ScriptedGateway, id: string, input: object) {
  const mutation =
    'mutation ($id: ID!, $input: UpdateSessionInput!) { updateSession(id: $id, input: $input) { id } }';
  return gateway.graphql(mutation, { id, input });
}

describe('those who watch a session', () => {
  test('see what anyone does to it, and what becomes of it', async () => {
    await using gateway = await startScriptedGateway();
    gateway.model.script([text('Hello')]);
    const sessionId = await gateway.createSession();
    const { seen, done } = await watch(gateway, sessionId);

    await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
    await update(gateway, sessionId, { title: 'Renamed' });
    await gateway.graphql('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', { id: sessionId });
    await gateway.graphql('mutation ($id: ID!) { deleteSession(id: $id) { id } }', { id: sessionId });
    await done;

    expect(
      seen.filter(({ session }) => session?.title !== 'ready').map(({ __typename }) => __typename),
    ).toEqual([
      'MessageAdded',
      'MessageAdded',
      'RunStarted',
      'RunEnded',
      'SessionUpdated',
      'HistoryCleared',
      'SessionDeleted',
    ]);
  });

  test('are refused for a session that is not there', async () => {
    await using gateway = await startScriptedGateway();
    const variables = { sessionId: Buffer.from('Session:99').toString('base64') };

    const { value } = await gateway.client().iterate({ query: watchDocument, variables }).next();

    expect(value?.errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('deleting a session with a live run', () => {
  test('cancels the run, tells its followers, and leaves nothing behind', async () => {
    await using gateway = await startScriptedGateway();
    gateway.model.script([text('Half'), silence()]);
    const sessionId = await gateway.createSession();
    const live = chat(gateway.client(), { sessionId, prompt: 'Hi' });
    await live.next();
    const request = await gateway.model.request(0);

    const { data } = await gateway.graphql(
      'mutation ($id: ID!) { deleteSession(id: $id) { id databaseId } }',
      {
        id: sessionId,
      },
    );

    expect(data.deleteSession).toEqual({ id: sessionId, databaseId: 1 });
    await request.aborted;
    expect((await collect(live)).at(-1)?.__typename).toBe('RunCancelled');
    const { database } = gateway.services;
    const counts = [database.session.count(), database.message.count(), database.run.count()];
    expect(await Promise.all(counts)).toEqual([0, 0, 0]);
  });
});

describe('deleting a session that is being sent prompts', () => {
  test('asks no model for a session that is gone, and fails no run for it', async () => {
    await using gateway = await startTestGateway({ settings: { DEMO_DELAY_MS: '1' } });
    const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
    const remove = 'mutation ($id: ID!) { deleteSession(id: $id) { id } }';

    for (let round = 0; round < 10; round += 1) {
      const sessionId = await gateway.createSession();
      const sends = Array.from({ length: 6 }, (_, n) =>
        gateway.graphql(send, { input: { sessionId, prompt: `Prompt ${n}`, onBusy: 'ENQUEUE' } }),
      );
      const [deleted, ...sent] = await Promise.all([gateway.graphql(remove, { id: sessionId }), ...sends]);

      expect(deleted.errors).toBeUndefined();
      const codes = sent.flatMap(({ errors }) => errors?.map(({ extensions }) => extensions['code']) ?? []);
      expect(codes.filter((code) => code !== 'NOT_FOUND')).toEqual([]);
    }
    const { database } = gateway.services;
    expect(await Promise.all([database.run.count(), database.message.count()])).toEqual([0, 0]);
  });
});

describe('clearing a history', () => {
  test('is refused while the session is answering, and nothing is lost', async () => {
    await using gateway = await startScriptedGateway();
    const gate = createGate();
    gateway.model.script([gate, text('Hello')]);
    const sessionId = await gateway.createSession();
    const live = chat(gateway.client(), { sessionId, prompt: 'Hi' });
    await live.next();

    const clear = 'mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }';
    const { errors } = await gateway.graphql(clear, { id: sessionId });

    expect(errors?.[0]?.extensions).toMatchObject({ code: 'RUN_IN_PROGRESS' });
    gate.release();
    expect((await collect(live)).at(-1)).toMatchObject({ message: { content: 'Hello' } });
  });

  test('takes the messages and leaves settings and lifetime usage', async () => {
    await using gateway = await startScriptedGateway();
    gateway.model.script([text('Hello')]);
    const settings = {
      title: 'Ours',
      providerName: 'openai-compatible',
      modelName: 'scripted',
      systemPrompt: 'Be brief.',
    };
    const sessionId = await gateway.createSession(settings);
    await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));

    const clear = `mutation ($id: ID!) {
      clearHistory(sessionId: $id) {
        title providerName modelName systemPrompt
        messages { edges { cursor } }
        tokenUsage { contextTokens inputTokens outputTokens totalTokens }
      }
    }`;
    const { data, errors } = await gateway.graphql(clear, { id: sessionId });
    expect(errors).toBeUndefined();

    expect(data.clearHistory).toEqual({
      ...settings,
      messages: { edges: [] },
      tokenUsage: { contextTokens: 0, inputTokens: 10, outputTokens: 5, totalTokens: 15 },
    });
  });
});
