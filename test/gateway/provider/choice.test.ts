import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ChatVariables, chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { modelSettings, startModelGateway, tokenUsageOf } from '../../support/gateway/model-gateway.ts';
import { type ModelServer, startModelServer } from '../../support/model/model-server.ts';
import { text } from '../../support/model/turn.ts';

let model: ModelServer;
let gateway: TestGateway;
beforeAll(async () => {
  model = await startModelServer();
  model.otherwise(() => [text('Hello')]);
  gateway = await startModelGateway(model, 'openai');
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

/** Sends a prompt and returns the model that answered it. */
async function asked(sessionId: string, more: Partial<ChatVariables> = {}) {
  const before = model.requests.length;
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Hi', ...more }));
  expect(seen.at(-1)?.__typename).toBe('RunCompleted');
  const { format, path, body } = model.requests[before] ?? {};
  const { providerName, modelName } = seen.at(-1)?.['usage'] ?? {};
  expect(format === 'google' ? path : body?.['model']).toContain(modelName);
  return `${providerName}/${modelName}`;
}

async function update(id: string, input: Record<string, unknown>) {
  const mutation = `mutation ($id: ID!, $input: UpdateSessionInput!) {
    updateSession(id: $id, input: $input) { providerName modelName }
  }`;
  return gateway.graphql(mutation, { id, input });
}

describe('the model of an answer', () => {
  test('a session without a choice is answered by the default model of the gateway', async () => {
    expect(await asked(await gateway.createSession())).toBe('openai-compatible/tiny');
  });

  test('a session that chooses a model is answered by it from the next prompt on', async () => {
    const choice = { providerName: 'anthropic', modelName: 'claude-haiku-4-5' };
    const sessionId = await gateway.createSession(choice);
    expect(await asked(sessionId)).toBe('anthropic/claude-haiku-4-5');
    await update(sessionId, { providerName: 'google', modelName: 'gemini-2.5-pro' });
    expect(await asked(sessionId)).toBe('google/gemini-2.5-pro');
    await update(sessionId, { title: 'Alice' });
    expect(await asked(sessionId)).toBe('google/gemini-2.5-pro');
    await update(sessionId, { providerName: null, modelName: null });
    expect(await asked(sessionId)).toBe('openai-compatible/tiny');
    expect((await tokenUsageOf(gateway, sessionId)).byModel).toMatchObject([
      { providerName: 'anthropic', modelName: 'claude-haiku-4-5', inputTokens: 10, outputTokens: 5 },
      { providerName: 'google', modelName: 'gemini-2.5-pro', inputTokens: 20, outputTokens: 10 },
      { providerName: 'openai-compatible', modelName: 'tiny', inputTokens: 10, outputTokens: 5 },
    ]);
  });

  test('a prompt that chooses a model is answered by it, and the next prompt by the model of the session', async () => {
    const sessionId = await gateway.createSession({
      providerName: 'anthropic',
      modelName: 'claude-haiku-4-5',
    });
    const choice = { providerName: 'google', modelName: 'gemini-2.5-flash' };
    expect(await asked(sessionId, choice)).toBe('google/gemini-2.5-flash');
    expect(await asked(sessionId)).toBe('anthropic/claude-haiku-4-5');
  });

  test('a choice without a model means the default of the provider, and a choice without a provider means the one of the session', async () => {
    const sessionId = await gateway.createSession({
      providerName: 'anthropic',
      modelName: 'claude-haiku-4-5',
    });
    expect(await asked(sessionId, { providerName: 'google' })).toBe('google/gemini-3.8-flash');
    expect(await asked(sessionId, { providerName: 'openai-compatible' })).toBe('openai-compatible/tiny');
    expect(await asked(sessionId, { modelName: 'claude-opus-5-5' })).toBe('anthropic/claude-opus-5-5');
  });

  test('a session that changes only its provider is answered by the default model of the new provider', async () => {
    const sessionId = await gateway.createSession({
      providerName: 'anthropic',
      modelName: 'claude-haiku-4-5',
    });
    expect((await update(sessionId, { providerName: 'demo' })).data.updateSession).toEqual({
      providerName: 'demo',
      modelName: null,
    });
    expect((await update(sessionId, { providerName: null, modelName: 'other' })).errors).toBeUndefined();
    expect(await asked(sessionId)).toBe('openai-compatible/other');
  });
});

const refused = {
  message: expect.stringMatching(
    /no model provider "mistral" .*openai-compatible, anthropic, google, demo\.$/,
  ),
  extensions: { code: 'BAD_USER_INPUT', field: 'input.providerName' },
};

describe('an unknown provider', () => {
  let sessionId: string;
  let before: number[];
  const count = async () => {
    const { session, message, run } = gateway.services.database;
    return [await session.count(), await message.count(), await run.count(), model.requests.length];
  };
  beforeEach(async () => {
    sessionId = await gateway.createSession();
    before = await count();
  });

  test.each([
    [
      'a new session',
      'mutation ($input: CreateSessionInput!) { createSession(input: $input) { id } }',
      () => ({ providerName: 'mistral' }),
    ],
    [
      'a message',
      'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }',
      () => ({ sessionId, prompt: 'Hi', providerName: 'mistral' }),
    ],
  ])(
    'an unknown provider is refused for %s with a list of the known ones, and nothing is created',
    async (_, mutation, input) => {
      const { errors } = await gateway.graphql(mutation, { input: input() });
      expect(errors).toMatchObject([refused]);
      expect(await count()).toEqual(before);
    },
  );

  test('an unknown provider is refused for a change of a session, which stays as it is', async () => {
    expect((await update(sessionId, { providerName: 'mistral', title: 'New' })).errors).toMatchObject([
      refused,
    ]);
    const query = 'query ($id: ID!) { session(id: $id) { title providerName } }';
    expect((await gateway.graphql(query, { id: sessionId })).data.session).toEqual({
      title: null,
      providerName: null,
    });
  });

  test('an unknown provider is refused for a chat with an error that the client of graphql-sse shows', async () => {
    const input = { sessionId, prompt: 'Hi', providerName: 'mistral' };
    await expect(collect(chat(gateway.client(), input))).rejects.toMatchObject({
      message: refused.message,
      code: 'BAD_USER_INPUT',
    });
    expect(await count()).toEqual(before);
  });
});

describe('a session whose provider is no longer configured', () => {
  test('a session whose provider is no longer configured can be read and answers with another provider', async () => {
    await using folder = await openMigratedFolder();
    const before = await startModelGateway(model, 'openai', { dataDir: folder.path });
    const sessionId = await before.createSession({ providerName: 'anthropic' });
    await before[Symbol.asyncDispose]();

    const { OPENAI_BASE_URL = '' } = modelSettings(model, 'openai');
    await using after = await startTestGateway({
      dataDir: folder.path,
      settings: { OPENAI_BASE_URL, MODEL: 'openai-compatible/tiny' },
    });
    expect(await tokenUsageOf(after, sessionId)).toMatchObject({ contextLimit: null, percentage: null });
    await expect(collect(chat(after.client(), { sessionId, prompt: 'Hi' }))).rejects.toThrow(
      'There is no model provider "anthropic" on this gateway; choose one of: openai-compatible, demo.',
    );
    const input = { sessionId, prompt: 'Hi', providerName: 'demo' };
    expect((await collect(chat(after.client(), input))).at(-1)?.__typename).toBe('RunCompleted');
  });
});

describe('a provider that is unreachable', () => {
  test('an unreachable provider can be chosen for a session, and fails when a prompt is sent', async () => {
    const gone = await startModelServer();
    const { OPENAI_BASE_URL = '' } = modelSettings(gone, 'openai');
    await gone[Symbol.asyncDispose]();
    await using alone = await startTestGateway({ settings: { OPENAI_BASE_URL } });
    const sessionId = await alone.createSession({ providerName: 'openai-compatible' });
    await expect(collect(chat(alone.client(), { sessionId, prompt: 'Hi' }))).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: 'The model provider cannot be reached.',
    });
  });
});
