import { describe, expect, test } from 'vitest';
import { chat, collect, textOf } from '../../support/gateway/chat.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { startModelServer } from '../../support/model/model-server.ts';
import { reasoning, text, usage } from '../../support/model/turn.ts';

describe('a chat', () => {
  test.each([
    ['distinct connections', false],
    ['a single connection', true],
  ])(
    'a chat over %s streams reasoning and text, and the stored message has the same text',
    async (_mode, single) => {
      await using model = await startModelServer();
      model.script([
        reasoning('Let me ', 'think.'),
        text('Hello', ', ', 'alice'),
        usage({ input: 12, output: 7, reasoning: 3 }),
      ]);
      await using gateway = await startTestGateway({
        settings: { LOG_LEVEL: 'error', OPENAI_BASE_URL: model.openaiUrl, MODEL: 'openai-compatible/m' },
      });
      const sessionId = await gateway.createSession({ userId: 'alice', systemPrompt: 'Be brief.' });

      const seen = await collect(
        chat(gateway.client({ singleConnection: single }), { sessionId, prompt: 'Hi' }),
      );

      expect(seen.map(({ __typename, seq, text: delta }) => [seq, __typename, delta])).toMatchInlineSnapshot(`
      [
        [
          1,
          "RunStarted",
          undefined,
        ],
        [
          2,
          "ReasoningDelta",
          "Let me ",
        ],
        [
          3,
          "ReasoningDelta",
          "think.",
        ],
        [
          4,
          "TextDelta",
          "Hello",
        ],
        [
          5,
          "TextDelta",
          ", ",
        ],
        [
          6,
          "TextDelta",
          "alice",
        ],
        [
          7,
          "UsageReported",
          undefined,
        ],
        [
          8,
          "RunCompleted",
          undefined,
        ],
      ]
    `);
      expect(seen.at(-1)).toMatchInlineSnapshot(`
      {
        "__typename": "RunCompleted",
        "message": {
          "content": "Hello, alice",
          "id": "TWVzc2FnZToy",
          "reasoning": "Let me think.",
          "status": "COMPLETE",
          "tokenCount": 3,
          "toolCalls": [],
        },
        "runId": "UnVuOjE=",
        "seq": 8,
        "usage": {
          "inputTokens": 12,
          "measured": true,
          "modelName": "m",
          "outputTokens": 7,
          "providerName": "openai-compatible",
          "reasoningTokens": 3,
          "totalTokens": 19,
        },
      }
    `);
      expect(textOf(seen)).toBe(seen.at(-1)?.['message'].content);
      expect(model.requests[0]?.body['messages']).toMatchInlineSnapshot(`
      [
        {
          "content": "Be brief.",
          "role": "system",
        },
        {
          "content": "Hi",
          "role": "user",
        },
      ]
    `);
    },
  );
});

describe('a result', () => {
  const shared = shareGateway(() => startTestGateway());

  test.each(['/graphql', '/graphql/stream'])(
    'a result of %s has its fields in the order of the selection',
    async (path) => {
      const gateway = shared();
      const query =
        'mutation { createSession(input: {}) { title id lastMessage { id } databaseId activeRun { id } userId } }';
      const response = await fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: path === '/graphql' ? 'application/json' : 'text/event-stream',
        },
        body: JSON.stringify({ query }),
      });

      const names = (await response.text()).match(/"(title|id|lastMessage|databaseId|activeRun|userId)":/g);
      expect(names).toEqual([
        '"title":',
        '"id":',
        '"lastMessage":',
        '"databaseId":',
        '"activeRun":',
        '"userId":',
      ]);
    },
  );
});
