import { describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import type { TestGateway } from '../../support/gateway/gateway.ts';
import { startModelGateway } from '../../support/gateway/model-gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import { type ModelServer, startModelServer } from '../../support/model/model-server.ts';
import { text, toolCall } from '../../support/model/turn.ts';

/** So many tokens, as the gateway counts. */
const words = (tokens: number) => 'word'.concat(' word'.repeat(tokens - 1));

async function startSmall(model: ModelServer, contextLimit: number, options = {}) {
  model.serveModels([{ id: 'tiny', max_model_len: contextLimit }]);
  const gateway = await startModelGateway(model, 'openai', options);
  return { gateway, sessionId: await gateway.createSession({ systemPrompt: 'Remember: ' }) };
}

async function ask(gateway: TestGateway, sessionId: string, prompt: string) {
  const seen = await collect(chat(gateway.client(), { sessionId, prompt }));
  const trimmed = seen.find(({ __typename }) => __typename === 'ContextTrimmed');
  return { ended: seen.at(-1), omitted: trimmed?.['omittedMessages'] ?? 0 };
}

/** The first words of what the model was shown. */
function shown(model: ModelServer): string[] {
  const messages = model.requests.at(-1)?.body['messages'] as { role: string; content: string }[];
  return messages.map(({ role, content }) => `${role}: ${content.slice(0, 12).trim()}`);
}

describe('a conversation that outgrows the context of its model', () => {
  test('loses its oldest turns, never the system prompt, and says how many messages', async () => {
    await using model = await startModelServer();
    const { gateway, sessionId } = await startSmall(model, 200);
    await using _gateway = gateway;
    model.otherwise(() => [text(words(20))]);

    const omitted: number[] = [];
    for (let turn = 1; turn <= 5; turn += 1) {
      omitted.push((await ask(gateway, sessionId, `Turn ${turn}: ${words(20)}`)).omitted);
    }

    // A quarter is kept free for the answer; a turn takes 53 tokens, the system prompt 7.
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

  test('leaves out an answer together with its prompt', async () => {
    await using model = await startModelServer();
    const { gateway, sessionId } = await startSmall(model, 200);
    await using _gateway = gateway;
    model.script([text('Short.')], [text('Fine.')]);
    await ask(gateway, sessionId, `First ${words(140)}`);
    expect(await ask(gateway, sessionId, 'Second')).toMatchObject({
      omitted: 2,
      ended: { __typename: 'RunCompleted' },
    });
    expect(shown(model)).toEqual(['system: Remember:', 'user: Second']);
  });

  test('counts what tools were asked and what they said', async () => {
    await using model = await startModelServer();
    const tools = createTools({ read: () => words(120) });
    const { gateway, sessionId } = await startSmall(model, 240, { tools });
    await using _gateway = gateway;
    model.script([toolCall('a', 'read', {})], [text('Read.')], [text('Fine.')]);
    await ask(gateway, sessionId, 'Read');
    expect((await ask(gateway, sessionId, 'Read')).omitted).toBe(0);
    model.script([text('Fine.')]);
    expect((await ask(gateway, sessionId, words(30))).omitted).toBe(2);
  });

  test.each([
    ['no tools', createTools({}), 0],
    ['a tool that it is told of', createTools({ read: () => 'read' }), 2],
  ])('leaves room for %s', async (_what, tools, omitted) => {
    await using model = await startModelServer();
    const { gateway, sessionId } = await startSmall(model, 200, { tools });
    await using _gateway = gateway;
    model.script([text('Fine.')], [text('Fine.')]);
    await ask(gateway, sessionId, words(60));
    expect((await ask(gateway, sessionId, words(60))).omitted).toBe(omitted);
  });
});

describe('a prompt that is too long by itself', () => {
  test('fails without asking the model, is kept, and does not spoil the next one', async () => {
    await using model = await startModelServer();
    const { gateway, sessionId } = await startSmall(model, 200);
    await using _gateway = gateway;
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

  test('is one with a system prompt that leaves no room for it', async () => {
    await using model = await startModelServer();
    const { gateway } = await startSmall(model, 200);
    await using _gateway = gateway;
    const sessionId = await gateway.createSession({ systemPrompt: words(148) });
    expect((await ask(gateway, sessionId, 'Hi')).ended).toMatchObject({ code: 'CONTEXT_TOO_LONG' });
  });
});

describe('a history of 2,000 messages', () => {
  test.each([
    ['that fits', 128_000, 2000],
    ['that does not fit', 2_000, 246],
  ])('%s costs a bounded number of SQL statements', async (_, contextLimit, shownMessages) => {
    await using model = await startModelServer();
    const { gateway, sessionId } = await startSmall(model, contextLimit);
    await using _gateway = gateway;
    const { database } = gateway.services;
    const { id } = await database.session.findFirstOrThrow();
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
    expect(statements.length).toBeLessThan(50);
  });
});
