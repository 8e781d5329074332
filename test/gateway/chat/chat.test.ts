import { describe, expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent, textOf } from '../../support/gateway/chat.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { usesPostgres } from '../../support/gateway/postgres-database.ts';
import { createStatementLog, withoutCheckpoints, withoutSweeps } from '../../support/gateway/query-count.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { startModelServer } from '../../support/model/model-server.ts';
import { reasoning, text, usage } from '../../support/model/turn.ts';

/** What a statement does, and with which table first. */
function nameOf(sql: string): string {
  const [, verb, table] = /^(\w+)(?:(?<!UPDATE).*?(?:FROM|INTO))? "(\w+)"/s.exec(sql) ?? [];
  return `${verb} ${table}`;
}

/** The run events with consecutive deltas merged, as the gateway itself merges them for a follower that lags. */
function merged(seen: readonly SeenRunEvent[]) {
  const all: [seq: number, typename: string, text: string | undefined][] = [];
  for (const { seq, __typename, text: delta } of seen) {
    const last = all.at(-1);
    if (delta !== undefined && last?.[1] === __typename)
      all.splice(-1, 1, [seq, __typename, last[2] + delta]);
    else all.push([seq, __typename, delta]);
  }
  return all;
}

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

      expect(merged(seen)).toEqual([
        [1, 'RunStarted', undefined],
        [3, 'ReasoningDelta', 'Let me think.'],
        [6, 'TextDelta', 'Hello, alice'],
        [7, 'UsageReported', undefined],
        [8, 'RunCompleted', undefined],
      ]);
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

  test('a chat costs a known number of statements: one transaction opens its run, and one ends it', async () => {
    const gateway = shared();
    const log = createStatementLog(gateway.services);
    const sessionId = await gateway.createSession();
    const query = 'subscription ($input: ChatInput!) { chat(input: $input) { seq } }';
    const statementsOf = async (requestId?: string) => {
      const variables = { input: { sessionId, prompt: 'Say hello', requestId } };
      const ask = async () => {
        for await (const { errors } of gateway.client().iterate({ query, variables })) {
          expect(errors).toBeUndefined();
        }
        // The client has its last run event before the engine has looked for the next run.
        await expect.poll(() => gateway.services.engine.liveRuns).toBe(0);
      };
      return withoutSweeps(withoutCheckpoints(await log.during(ask))).map(({ sql }) => nameOf(sql));
    };

    const lock = usesPostgres ? ['SELECT Session'] : [];
    const opening = [
      ...lock,
      'SELECT Run',
      'UPDATE Session',
      'INSERT Message',
      'INSERT Run',
      'INSERT Change',
    ];
    const ending = [
      ...lock,
      'UPDATE Run',
      'UPDATE Message',
      'INSERT AnswerStep',
      'INSERT ModelUsage',
      'UPDATE Session',
      'INSERT Change',
    ];
    const offer = ['SELECT Session', 'SELECT SessionNode'];
    const first = ['SELECT Session', ...opening, ...offer, 'SELECT Message', ...ending, 'SELECT Run'];
    expect(await statementsOf()).toEqual(first);
    const history = ['SELECT Message', 'SELECT ToolCall', 'SELECT AnswerStep'];
    const later = ['SELECT Session', ...opening, ...offer, ...history, ...ending, 'SELECT Run'];
    expect(await statementsOf()).toEqual(later);
    expect(await statementsOf('again')).toEqual(['SELECT Run', ...later]);
    expect(await statementsOf('again')).toEqual(['SELECT Run']);
  });

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
