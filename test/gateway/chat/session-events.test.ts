import { describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import type { ScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createGate, silence, text } from '../../support/model/turn.ts';

const shared = shareScriptedGateway();

const watchDocument = `subscription ($sessionId: ID!) {
  sessionEvents(sessionId: $sessionId) {
    __typename
    ... on RunStarted { seq run { status } }
    ... on RunEnded { run { status } }
    ... on MessageAdded { message { role content } }
    ... on SessionUpdated { session { title } }
    ... on HistoryCleared { session { messages { edges { cursor } } } }
    ... on SessionDeleted { deletedSessionId }
  }
}`;

/** Watches from now on: changes the session until the first change is seen, because only then the watch has begun. */
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

describe('sessionEvents', () => {
  test('a client that watches a session sees its messages, runs, changes and deletion', async () => {
    const gateway = shared();
    gateway.model.script([text('Hello')]);
    const sessionId = await gateway.createSession();
    const { seen, done } = await watch(gateway, sessionId);

    await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
    await update(gateway, sessionId, { title: 'Renamed' });
    await gateway.graphql('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', { id: sessionId });
    await gateway.graphql('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', {
      id: sessionId,
    });
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
    expect(seen.at(-1)?.deletedSessionId).toBe(sessionId);
  });

  test('watching an unknown session is refused', async () => {
    const gateway = shared();
    const variables = { sessionId: Buffer.from('Session:99').toString('base64') };

    const { value } = await gateway.client().iterate({ query: watchDocument, variables }).next();

    expect(value?.errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('deleteSession', () => {
  test('deleting a session with a live run cancels the run, tells its followers and leaves no rows behind', async () => {
    const gateway = shared();
    gateway.model.script([text('Half'), silence()]);
    const sessionId = await gateway.createSession();
    const live = chat(gateway.client(), { sessionId, prompt: 'Hi' });
    await live.next();
    const request = await gateway.model.request(0);

    const { data } = await gateway.graphql(
      'mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId databaseId } }',
      {
        id: sessionId,
      },
    );

    const databaseId = Number(Buffer.from(sessionId, 'base64').toString().split(':')[1]);
    expect(data.deleteSession).toEqual({ deletedSessionId: sessionId, databaseId });
    await request.aborted;
    expect((await collect(live)).at(-1)?.__typename).toBe('RunCancelled');
    const { database } = gateway.services;
    const ofSession = { where: { sessionId: databaseId } };
    const sessions = database.session.count({ where: { id: databaseId } });
    const counts = [sessions, database.message.count(ofSession), database.run.count(ofSession)];
    expect(await Promise.all(counts)).toEqual([0, 0, 0]);
  });

  test('deleting a session while prompts arrive leaves no run of it behind', async () => {
    await using gateway = await startTestGateway({ settings: { DEMO_DELAY_MS: '1' } });
    const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
    const remove = 'mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }';

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

describe('clearHistory', () => {
  test('clearing the history is refused while the session has a live run, and the answer is not lost', async () => {
    const gateway = shared();
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

  test('clearing the history deletes the messages and keeps the settings and the token usage', async () => {
    const gateway = shared();
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
