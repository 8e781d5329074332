import { describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import type { TestGateway, TestGatewayOptions } from '../../support/gateway/gateway.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import type { ModelServer } from '../../support/model/model-server.ts';
import { status, text, toolCall } from '../../support/model/turn.ts';

/** A text of so many tokens, as the gateway counts. */
const words = (tokens: number) => 'word'.concat(' word'.repeat(tokens - 1));

/** A gateway whose model `tiny-200`, for example, takes 200 tokens. */
async function startSmall(options: TestGatewayOptions = {}): Promise<ScriptedGateway> {
  const settings = { MODEL_CONTEXT_OVERFLOW: 'trim', ...options.settings };
  const gateway = await startScriptedGateway({ ...options, settings });
  const limits = [200, 240, 2_000, 64_000, 128_000];
  gateway.model.serveModels(limits.map((limit) => ({ id: `tiny-${limit}`, max_model_len: limit })));
  return gateway;
}

const shared = shareGateway(
  () => startSmall(),
  ({ model }) => model.reset(),
);

function createSession(gateway: TestGateway, contextLimit: number, systemPrompt = 'Remember: ') {
  return gateway.createSession({ systemPrompt, modelName: `tiny-${contextLimit}` });
}

async function ask(gateway: TestGateway, sessionId: string, prompt: string) {
  const seen = await collect(chat(gateway.client(), { sessionId, prompt }));
  const trimmed = seen.find(({ __typename }) => __typename === 'ContextTrimmed');
  return { ended: seen.at(-1), omitted: trimmed?.['omittedMessages'] ?? 0 };
}

/** The first words of each message that the model was shown. */
function shown(model: ModelServer): string[] {
  const messages = model.requests.at(-1)?.body['messages'] as { role: string; content: string }[];
  return messages.map(({ role, content }) => `${role}: ${content.slice(0, 12).trim()}`);
}

describe('a session that is longer than the context of its model', () => {
  test('the model is shown the system prompt and the newest exchanges, and the run says how many messages were left out', async () => {
    const gateway = shared();
    const { model } = gateway;
    const sessionId = await createSession(gateway, 200);
    model.otherwise(() => [text(words(20))]);

    const omitted: number[] = [];
    for (let turn = 1; turn <= 5; turn += 1) {
      omitted.push((await ask(gateway, sessionId, `Turn ${turn}: ${words(20)}`)).omitted);
    }

    // A quarter is kept free for the answer; an exchange takes 53 tokens, the system prompt 7.
    expect(omitted).toEqual([0, 0, 0, 2, 4]);
    expect(shown(model)).toEqual([
      'system: Remember:',
      'user: Turn 3: word',
      'assistant: word word wo',
      'user: Turn 4: word',
      'assistant: word word wo',
      'user: Turn 5: word',
    ]);
  });

  test('an answer is left out together with its prompt', async () => {
    const gateway = shared();
    const { model } = gateway;
    const sessionId = await createSession(gateway, 200);
    model.script([text('Short.')], [text('Fine.')]);
    await ask(gateway, sessionId, `First ${words(140)}`);
    expect(await ask(gateway, sessionId, 'Second')).toMatchObject({
      omitted: 2,
      ended: { __typename: 'RunCompleted' },
    });
    expect(shown(model)).toEqual(['system: Remember:', 'user: Second']);
  });

  test('the arguments and results of tool calls count towards the context', async () => {
    const tools = createTools({ read: () => words(120) });
    await using gateway = await startSmall({ tools });
    const { model } = gateway;
    const sessionId = await createSession(gateway, 240);
    model.script([toolCall('a', 'read', {})], [text('Read.')], [text('Fine.')]);
    await ask(gateway, sessionId, 'Read');
    expect((await ask(gateway, sessionId, 'Read')).omitted).toBe(0);
    model.script([text('Fine.')]);
    expect((await ask(gateway, sessionId, words(30))).omitted).toBe(2);
  });

  test.each([
    ['no tools', createTools({}), 0],
    ['one tool', createTools({ read: () => 'read' }), 2],
  ])('the context has room for the descriptions of %s', async (_what, tools, omitted) => {
    await using gateway = await startSmall({ tools });
    const sessionId = await createSession(gateway, 200);
    gateway.model.script([text('Fine.')], [text('Fine.')]);
    await ask(gateway, sessionId, words(60));
    expect((await ask(gateway, sessionId, words(60))).omitted).toBe(omitted);
  });
});

describe('a prompt that the provider refuses as too long', () => {
  const tooLong = status(400, {
    error: {
      code: 'context_length_exceeded',
      message: 'This model has a maximum context length of 100 tokens.',
    },
  });

  test('the older half of the earlier turns is left out until the model takes the prompt, and the next prompt is asked once', async () => {
    const gateway = shared();
    const { model } = gateway;
    // The model says that it takes 64,000 tokens, and takes about 2,000.
    model.otherwise(({ body }) =>
      JSON.stringify(body['messages']).length > 8_000 ? [tooLong] : [text('Fine.')],
    );
    const sessionId = await createSession(gateway, 64_000);
    for (const prompt of ['First', 'Second']) await ask(gateway, sessionId, `${prompt} ${words(900)}`);
    expect(await ask(gateway, sessionId, 'Third')).toMatchObject({
      omitted: 2,
      ended: { __typename: 'RunCompleted' },
    });
    expect(shown(model)).toEqual([
      'system: Remember:',
      'user: Second word',
      'assistant: Fine.',
      'user: Third',
    ]);
    const before = model.requests.length;
    expect((await ask(gateway, sessionId, 'Fourth')).ended).toMatchObject({ __typename: 'RunCompleted' });
    expect(model.requests.length - before).toBe(1);
  });

  test('the run fails when the newest turn alone is refused, and the next prompt is answered', async () => {
    const gateway = shared();
    gateway.model.script([text('Fine.')], [tooLong], [tooLong], [text('Again.')]);
    const sessionId = await createSession(gateway, 128_000);
    await ask(gateway, sessionId, 'First');
    const { ended } = await ask(gateway, sessionId, 'Second');
    expect(ended).toMatchObject({ __typename: 'RunFailed', code: 'CONTEXT_TOO_LONG' });
    expect((await ask(gateway, sessionId, '3')).ended).toMatchObject({ __typename: 'RunCompleted' });
  });
});

describe('a prompt that is too long by itself', () => {
  test('a prompt that is too long for the context fails without asking the model, and the next prompt is answered', async () => {
    const gateway = shared();
    const { model } = gateway;
    const sessionId = await createSession(gateway, 200);
    const { ended } = await ask(gateway, sessionId, words(150));
    expect(ended).toMatchObject({
      __typename: 'RunFailed',
      code: 'CONTEXT_TOO_LONG',
      reason: 'The prompt does not fit into the context of the model.',
      message: { status: 'FAILED', content: '' },
      usage: { totalTokens: 0, measured: true },
    });
    expect(model.requests).toHaveLength(0);
    model.script([text('Hello')]);
    expect(await ask(gateway, sessionId, 'Shorter')).toMatchObject({
      omitted: 2,
      ended: { __typename: 'RunCompleted' },
    });
    expect(shown(model)).toEqual(['system: Remember:', 'user: Shorter']);
  });

  test('a system prompt that fills the context makes every prompt too long', async () => {
    const gateway = shared();
    const sessionId = await createSession(gateway, 200, words(148));
    expect((await ask(gateway, sessionId, 'Hi')).ended).toMatchObject({ code: 'CONTEXT_TOO_LONG' });
  });
});

describe('a history of 2,000 messages', () => {
  test.each([
    ['which fits into the context', 128_000, 2000],
    ['which does not fit into the context', 2_000, 240],
  ])(
    'a history of 2,000 messages, %s, costs a bounded number of SQL statements',
    async (_, contextLimit, shownMessages) => {
      const gateway = shared();
      const { model } = gateway;
      const sessionId = await createSession(gateway, contextLimit);
      const { database } = gateway.services;
      const { id } = await database.session.findFirstOrThrow({ orderBy: { id: 'desc' } });
      const turn = [
        { sessionId: id, role: 'USER', status: 'COMPLETE', content: 'Go on', tokenCount: 2 },
        { sessionId: id, role: 'ASSISTANT', status: 'COMPLETE', content: 'Going on', tokenCount: 2 },
      ] as const;
      await database.message.createMany({ data: Array.from({ length: 1000 }, () => turn).flat() });
      model.script([text('Done.')]);

      const statements: string[] = [];
      database.$on('query', ({ query }) => statements.push(query));
      await ask(gateway, sessionId, 'Go on');

      expect(shown(model).length - 2).toBe(shownMessages);
      expect(statements.length).toBeLessThan(60);
    },
  );
});
