import { describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { runOf } from '../../support/gateway/model-gateway.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';
import { createGate, text, usage } from '../../support/model/turn.ts';

const shared = shareModelGateway('anthropic', { settings: { MODEL_MAX_OUTPUT_TOKENS: '9000' } });

const settingsFields = 'settings { reasoningEffort temperature maxOutputTokens responseSchema }';
const nothing = { reasoningEffort: null, temperature: null, maxOutputTokens: null, responseSchema: null };
const schema = { type: 'object', properties: { city: { type: 'string' } } };

async function update(id: string, input: object) {
  const mutation = `mutation ($id: ID!, $input: UpdateSessionInput!) {
    updateSession(id: $id, input: $input) { modelName ${settingsFields} }
  }`;
  return shared().graphql(mutation, { id, input });
}

async function create(input: object) {
  const mutation = `mutation ($input: CreateSessionInput!) { createSession(input: $input) { id ${settingsFields} } }`;
  return shared().graphql(mutation, { input });
}

describe('the settings of a session', () => {
  test('settings are stored, changed one by one, and removed', async () => {
    const { data } = await create({ settings: { reasoningEffort: 'LOW', responseSchema: schema } });
    const { id, settings } = data.createSession;
    expect(settings).toEqual({ ...nothing, reasoningEffort: 'LOW', responseSchema: schema });
    const change = async (changes: object | null) =>
      (await update(id, { settings: changes })).data.updateSession.settings;
    expect(await change({ maxOutputTokens: 500, responseSchema: null })).toEqual({
      ...nothing,
      reasoningEffort: 'LOW',
      maxOutputTokens: 500,
    });
    expect((await update(id, { title: 'Lisbon' })).data.updateSession.settings.maxOutputTokens).toBe(500);
    expect(await change(null)).toEqual(nothing);
  });

  test('a prompt comes before its session, and the session before the gateway', async () => {
    const gateway = shared();
    gateway.model.otherwise(() => [text('Hello')]);
    const sessionId = await gateway.createSession({ settings: { reasoningEffort: 'OFF' } });
    const ask = async (input: object) => {
      const index = gateway.model.requests.length;
      await collect(chat(gateway.client(), { sessionId, prompt: 'Hi', ...input }));
      const { body } = await gateway.model.request(index);
      return [(body['thinking'] as { type: string }).type, body['max_tokens'], body['temperature']];
    };
    expect(await ask({})).toEqual(['disabled', 9_000, undefined]);
    expect(await ask({ settings: { reasoningEffort: 'LOW' } })).toEqual(['enabled', 9_000, undefined]);
    expect(await ask({ settings: { reasoningEffort: null, temperature: 0.5 } })).toEqual([
      'disabled',
      9_000,
      0.5,
    ]);
    await update(sessionId, { settings: { maxOutputTokens: 700 } });
    expect(await ask({})).toEqual(['disabled', 700, undefined]);
    expect(await ask({ settings: { maxOutputTokens: 600 } })).toEqual(['disabled', 600, undefined]);
  });

  test('a prompt that waits keeps its settings', async () => {
    const gateway = shared();
    const { model } = gateway;
    const gate = createGate();
    model.script([text('One'), gate], [text('Two')]);
    const sessionId = await gateway.createSession();
    const first = collect(chat(gateway.client(), { sessionId, prompt: 'One' }));
    await gate.reached;
    const settings = { maxOutputTokens: 321 };
    const second = chat(gateway.client(), { sessionId, prompt: 'Two', onBusy: 'ENQUEUE', settings });
    expect((await second.next()).value).toMatchObject({ __typename: 'RunQueued' });
    gate.release();
    await collect(second);
    await first;
    expect((await model.request(1)).body).toMatchObject({ max_tokens: 321 });
  });

  test('the schema of the answer reaches the model', async () => {
    const gateway = shared();
    gateway.model.script([text('{"city":"Lisbon"}')]);
    const sessionId = await gateway.createSession({ settings: { responseSchema: schema } });
    await collect(chat(gateway.client(), { sessionId, prompt: 'Where?' }));
    expect((await gateway.model.request(0)).body).toMatchObject({
      output_config: { format: { type: 'json_schema', schema } },
    });
  });
});

describe('a setting that the model does not take', () => {
  test.each([
    ['claude-sonnet-5-5', { reasoningEffort: 'OFF' }, 'reasoningEffort', 'cannot reason with the effort OFF'],
    ['claude-sonnet-5-5', { temperature: 0.5 }, 'temperature', 'takes no temperature'],
    ['claude-3-haiku', { reasoningEffort: 'LOW' }, 'reasoningEffort', 'does not reason'],
  ])('the model %s with %j is refused, and nothing is stored', async (modelName, settings, name, reason) => {
    const gateway = shared();
    const sessionId = await gateway.createSession({ modelName });
    const refused = {
      code: 'BAD_USER_INPUT',
      field: `input.settings.${name}`,
    };
    const sent = collect(chat(gateway.client(), { sessionId, prompt: 'Hi', settings }));
    await expect(sent).rejects.toMatchObject(refused);
    for (const { errors } of [await create({ modelName, settings }), await update(sessionId, { settings })]) {
      expect(errors?.[0]).toMatchObject({ extensions: refused });
      expect(errors?.[0]?.message).toContain(`settings.${name}: the model anthropic/${modelName} ${reason}`);
    }
    const { data } = await gateway.graphql(
      `query ($id: ID!) { session(id: $id) { messages { edges { cursor } } ${settingsFields} } }`,
      { id: sessionId },
    );
    expect(data.session).toEqual({ messages: { edges: [] }, settings: nothing });
  });

  test('another model is refused while the session asks for what it does not take', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession({ settings: { temperature: 0.5 } });
    const modelName = 'claude-sonnet-5';
    const { errors } = await update(sessionId, { modelName });
    expect(errors?.[0]?.message).toBe(
      'settings.temperature: the model anthropic/claude-sonnet-5 takes no temperature. The setting comes from the session.',
    );
    const { data } = await update(sessionId, { modelName, settings: { temperature: null } });
    expect(data.updateSession.modelName).toBe(modelName);
  });

  test.each([
    [{ temperature: 2.5 }, 'temperature'],
    [{ temperature: -1 }, 'temperature'],
    [{ maxOutputTokens: 0 }, 'maxOutputTokens'],
    [{ responseSchema: [] }, 'responseSchema'],
    [{ responseSchema: 'a city' }, 'responseSchema'],
    [{ responseSchema: { type: 'string' } }, 'responseSchema'],
    [{ responseSchema: { ...schema, title: 'x'.repeat(40_000) } }, 'responseSchema'],
    [{ responseSchema: { type: 'object', a: nested(40) } }, 'responseSchema'],
    [{ responseSchema: { type: 'object', a: nested(1_000) } }, 'responseSchema'],
  ])('the setting %# is out of its bounds', async (settings, name) => {
    const { errors } = await create({ settings });
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: `input.settings.${name}`,
    });
  });

  test('the models say which settings they take', async () => {
    const query = '{ models { modelName supportedSettings reasoningEfforts } }';
    const { models } = (await shared().graphql(query)).data;
    const byName = new Map(models.map((model: { modelName: string }) => [model.modelName, model]));
    expect(byName.get('claude-sonnet-5-5')).toMatchObject({
      supportedSettings: ['MAX_OUTPUT_TOKENS', 'REASONING_EFFORT', 'RESPONSE_SCHEMA', 'CONTEXT_OVERFLOW'],
      reasoningEfforts: ['LOW', 'MEDIUM', 'HIGH'],
    });
  });
});

describe('REST', () => {
  test('settings have snake_case names in requests, in answers and in errors', async () => {
    const gateway = shared();
    gateway.model.script([text('Hello')]);
    const post = (path: string, method: string, body: object) =>
      gateway.rest(path, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const settings = { reasoning_effort: 'off', response_schema: schema };
    const created = await (await post('/sessions/', 'POST', { settings })).json();
    const all = { ...settings, temperature: null, max_output_tokens: null, context_overflow: null };
    expect(created.settings).toEqual(all);
    const path = `/sessions/${created.id}`;
    const patched = await post(path, 'PATCH', { settings: { max_output_tokens: 400 } });
    expect((await patched.json()).settings).toEqual({ ...all, max_output_tokens: 400 });
    await (await post(`${path}/chat`, 'POST', { prompt: 'Hi', settings: { temperature: 0.1 } })).text();
    expect((await gateway.model.request(0)).body).toMatchObject({ max_tokens: 400, temperature: 0.1 });
    const refused = await post(`${path}/chat`, 'POST', { prompt: 'Hi', settings: { temperature: 1.5 } });
    expect(refused.status).toBe(422);
    expect((await refused.json()).detail[0]).toMatchObject({
      loc: ['body', 'settings', 'temperature'],
      input: 1.5,
    });
  });
});

test('cache reads and writes are told apart, for each request and for the run', async () => {
  const gateway = shared();
  gateway.model.script([text('Hello'), usage({ input: 100, output: 5, cached: 60, cacheWrite: 30 })]);
  const sessionId = await gateway.createSession();
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
  const counts = { inputTokens: 100, cachedInputTokens: 60, cacheWriteInputTokens: 30 };
  const reported = seen.find(({ __typename }) => __typename === 'UsageReported');
  expect(reported).toMatchObject({ usage: counts, step: counts });
  expect((await runOf(gateway, seen[0]?.runId ?? '')).usage).toMatchObject(counts);
});

function nested(levels: number): object {
  let value = {};
  for (let level = 0; level < levels; level += 1) value = { a: value };
  return value;
}
