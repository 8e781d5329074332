import { describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { tokenUsageOf } from '../../support/gateway/model-gateway.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { beginWatch, watch } from '../../support/gateway/watch.ts';
import type { ModelServer } from '../../support/model/model-server.ts';
import { createGate, finish, status, type Turn, text, usage } from '../../support/model/turn.ts';

const shared = shareGateway(
  () =>
    startScriptedGateway({
      settings: { SESSION_TITLES: 'model', MODEL_MAX_RETRIES: '0', LOG_LEVEL: 'warn' },
    }),
  ({ model }) => model.reset(),
);

/** Answers prompts with `Fine.`, and requests for a title with what `title` returns. Counts these. */
function answering(model: ModelServer, title: () => Turn): { titles: string[] } {
  const titles: string[] = [];
  model.otherwise((request) => {
    if (!request.text.includes('You name conversations')) return [text('Fine.')];
    titles.push(request.text);
    return title();
  });
  return { titles };
}

const ask = (gateway: ScriptedGateway, sessionId: string, prompt = 'How do I get to Lisbon?') =>
  collect(chat(gateway.client(), { sessionId, prompt }));

async function titleOf(gateway: ScriptedGateway, id: string): Promise<string | null> {
  return (await gateway.graphql('query ($id: ID!) { session(id: $id) { title } }', { id })).data.session
    .title;
}

const rename = (gateway: ScriptedGateway, id: string, title: string) =>
  gateway.graphql(
    'mutation ($id: ID!, $title: String) { updateSession(id: $id, input: { title: $title }) { id } }',
    { id, title },
  );

/** Waits until a request for a title has been answered and nothing is left to do for it. */
const settled = (gateway: ScriptedGateway, sessionId: string, tokens: number) =>
  expect
    .poll(async () => (await tokenUsageOf(gateway, sessionId)).totalTokens, { timeout: 5_000 })
    .toBe(tokens);

describe('a session without a title', () => {
  test('gets one from the model after its first answer; its tokens are counted, and followers are told', async () => {
    const gateway = shared();
    const { titles } = answering(gateway.model, () => [
      text('**"Trains to', ' Lisbon"**\n'),
      usage({ input: 40, output: 6 }),
    ]);
    const sessionId = await gateway.createSession();
    await using events = watch(gateway, { sessionId, after: await beginWatch(gateway, sessionId) });
    await ask(gateway, sessionId);
    const told = () => events.seen.map((event) => event['session']?.title);
    await expect.poll(told).toContain('Trains to Lisbon');
    expect(await titleOf(gateway, sessionId)).toBe('Trains to Lisbon');
    await settled(gateway, sessionId, 15 + 46);
    await ask(gateway, sessionId);
    expect(titles).toHaveLength(1);
  });

  test('gets none while its answer is not complete or was cancelled', async () => {
    const gateway = shared();
    const { model } = gateway;
    const gate = createGate();
    const { titles } = answering(model, () => [text('A title')]);
    model.script([text('Half'), gate]);
    const sessionId = await gateway.createSession();
    const run = ask(gateway, sessionId);
    await gate.reached;
    await gateway.graphql('mutation ($id: ID!) { cancelRun(input: { sessionId: $id }) { cancelled } }', {
      id: sessionId,
    });
    expect((await run).at(-1)?.__typename).toBe('RunCancelled');
    gate.release();
    expect(titles).toEqual([]);
    await ask(gateway, sessionId);
    await expect.poll(() => titleOf(gateway, sessionId)).toBe('A title');
  });

  test('keeps the title that a person gives while the model writes one', async () => {
    const gateway = shared();
    const gate = createGate();
    answering(gateway.model, () => [gate, text('Of the model'), usage({ input: 40, output: 6 })]);
    const sessionId = await gateway.createSession();
    await ask(gateway, sessionId);
    await gate.reached;
    await rename(gateway, sessionId, 'Of a person');
    gate.release();
    await settled(gateway, sessionId, 15 + 46);
    expect(await titleOf(gateway, sessionId)).toBe('Of a person');
  });

  test('a session that has a title is not asked for one', async () => {
    const gateway = shared();
    const { titles } = answering(gateway.model, () => [text('Of the model')]);
    const named = await gateway.createSession({ title: 'Of a person' });
    const other = await gateway.createSession();
    await ask(gateway, named);
    await ask(gateway, other);
    await expect.poll(() => titleOf(gateway, other)).toBe('Of the model');
    expect(titles).toHaveLength(1);
  });

  test('gets none of a history that was cleared meanwhile', async () => {
    const gateway = shared();
    const gate = createGate();
    answering(gateway.model, () => [gate, text('A secret'), usage({ input: 40, output: 6 })]);
    const sessionId = await gateway.createSession();
    await ask(gateway, sessionId);
    await gate.reached;
    await gateway.graphql('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', { id: sessionId });
    gate.release();
    await settled(gateway, sessionId, 15 + 46);
    expect(await titleOf(gateway, sessionId)).toBeNull();
  });

  const failures: [string, Turn][] = [
    ['the provider fails', [status(503)]],
    ['the answer is cut', [text('Half'), finish('length')]],
    ['the model writes no title', [text('***')]],
    ['the model rambles', [text('word '.repeat(500))]],
  ];
  test.each(failures)(
    'where %s, the answer stays as it is, the log says so, and the next answer tries again',
    async (_what, turn) => {
      const gateway = shared();
      let isFirst = true;
      const { titles } = answering(gateway.model, () => {
        const wasFirst = isFirst;
        isFirst = false;
        return wasFirst ? turn : [text('A title')];
      });
      const sessionId = await gateway.createSession();
      expect((await ask(gateway, sessionId)).at(-1)?.__typename).toBe('RunCompleted');
      const warned = () =>
        gateway.lines.filter((line) => JSON.stringify(line).includes('a session got no title')).length;
      await expect.poll(warned).toBeGreaterThan(0);
      expect(await titleOf(gateway, sessionId)).toBeNull();
      await ask(gateway, sessionId);
      await expect.poll(() => titleOf(gateway, sessionId)).toBe('A title');
      expect(titles).toHaveLength(2);
    },
  );

  test('with the demo model it is the beginning of the prompt', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession({ providerName: 'demo' });
    await ask(gateway, sessionId, '# Count to 3.\nPlease.');
    await expect.poll(() => titleOf(gateway, sessionId)).toBe('Count to 3');
  });
});

test('a gateway that stops while the model writes a title ends at once', async () => {
  const gateway = await startScriptedGateway({ settings: { SESSION_TITLES: 'model' } });
  const gate = createGate();
  answering(gateway.model, () => [gate]);
  const sessionId = await gateway.createSession();
  await ask(gateway, sessionId);
  await gate.reached;
  const began = performance.now();
  await gateway.services.engine.drain(0);
  await gateway[Symbol.asyncDispose]();
  expect(performance.now() - began).toBeLessThan(10_000);
});
