import { encodeGlobalID } from '@pothos/plugin-relay';
import { expect, test } from 'vitest';
import { RestError } from '../../src/rest/errors/rest-error.ts';
import { listPages } from '../../src/rest/route/list-pages.ts';
import { aliceSession, pageOf } from './fixtures.ts';
import { createGraphqlDouble } from './graphql-double.ts';
import { useRestServer } from './rest-server.ts';

const graphql = createGraphqlDouble();
const server = useRestServer(graphql);

test('an empty object creates a session', async () => {
  graphql.script({ createSession: () => aliceSession() });

  const response = await server.request('POST', '/sessions/', {});

  expect(response.status).toBe(200);
  expect(await response.json()).toMatchInlineSnapshot(`
    {
      "archived_at": null,
      "ask_user": false,
      "attached_node_ids": [],
      "created_at": "2026-01-31T12:00:00.000Z",
      "feature_name": "default",
      "id": 1,
      "metadata": null,
      "model_name": null,
      "node_sync_status": {},
      "pinned_at": null,
      "provider_name": null,
      "settings": {
        "context_overflow": null,
        "max_output_tokens": null,
        "reasoning_effort": null,
        "response_schema": null,
        "temperature": null,
      },
      "sync_workspace_id": null,
      "tags": [],
      "title": null,
      "tool_approval": "auto",
      "updated_at": "2026-01-31T12:00:00.000Z",
      "user_id": "alice",
    }
  `);
  expect(graphql.calls).toEqual([
    { operation: 'CreateSession', variables: { input: { featureName: 'default', toolApproval: 'AUTO' } } },
  ]);
});

test('every field of a new session reaches GraphQL under its own name', async () => {
  graphql.script({ createSession: () => aliceSession() });

  await server.request('POST', '/sessions', {
    user_id: 'alice',
    title: 'Trip to Lisbon',
    feature_name: 'travel',
    provider_name: 'demo',
    model_name: 'demo-1',
    system_prompt: 'Be brief.',
    tags: ['travel'],
    metadata: { ticket: 4711 },
    tool_approval: 'deny',
  });

  expect(graphql.calls[0]?.variables).toMatchInlineSnapshot(`
    {
      "input": {
        "featureName": "travel",
        "metadata": {
          "ticket": 4711,
        },
        "modelName": "demo-1",
        "providerName": "demo",
        "settings": undefined,
        "systemPrompt": "Be brief.",
        "tags": [
          "travel",
        ],
        "title": "Trip to Lisbon",
        "toolApproval": "DENY",
        "userId": "alice",
      },
    }
  `);
});

test('a list contains all sessions of a user, newest first, from every page of the GraphQL connection', async () => {
  const sessions = Array.from({ length: 250 }, (_, index) => aliceSession(250 - index));
  graphql.script({ sessions: (args) => pageOf(sessions, args) });

  const response = await server.request('GET', '/sessions/?user_id=alice&feature_name=default');

  const listed = (await response.json()) as { id: number }[];
  expect(listed.map(({ id }) => id)).toEqual(sessions.map(({ databaseId }) => databaseId));
  const filter = { userId: 'alice', featureName: 'default' };
  expect(graphql.calls.map(({ variables }) => variables)).toEqual([
    { ...filter, first: 100, after: null, counts: true, upTo: 251 },
    { ...filter, first: 100, after: '99', counts: false, upTo: 251 },
    { ...filter, first: 100, after: '199', counts: false, upTo: 251 },
  ]);
});

test('a list can be of one tag, of pinned and of archived sessions', async () => {
  graphql.script({ sessions: (args) => pageOf([], args) });

  await server.request('GET', '/sessions/?user_id=alice&archived=false&pinned=1&tag=travel&search=Lisbon');
  const refused = await server.request('GET', '/sessions/?user_id=alice&archived=perhaps');

  expect(graphql.calls.map(({ variables }) => variables)).toMatchObject([
    { userId: 'alice', archived: false, pinned: true, tag: 'travel', search: 'Lisbon' },
  ]);
  expect(refused.status).toBe(422);
  expect(await refused.json()).toMatchObject({ detail: [{ loc: ['query', 'archived'] }] });
});

test('a list with more than MAX_LIST_ITEMS items is refused with 400', async () => {
  const sessions = Array.from({ length: 251 }, (_, index) => aliceSession(251 - index));
  graphql.script({ sessions: (args) => pageOf(sessions, args) });

  const response = await server.request('GET', '/sessions/?user_id=alice');

  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({
    detail: 'The list has more than 250 items (MAX_LIST_ITEMS). Read it page by page over GraphQL.',
  });
});

test('no further page of a list is fetched after the client has left', async () => {
  const sessions = Array.from({ length: 250 }, (_, index) => aliceSession(250 - index));
  const leave = new AbortController();
  const fetched: unknown[] = [];
  const pages = listPages({ pageSize: 100, maxItems: 250, signal: () => leave.signal }, async (request) => {
    fetched.push(request.after);
    return pageOf(sessions, { ...request });
  });

  expect((await pages.next()).value?.nodes).toHaveLength(100);
  leave.abort();

  await expect(pages.next()).rejects.toThrow('The client has left');
  expect(fetched).toEqual([null]);
});

test('a page after the first waits while its sender has sent too many requests', async () => {
  const sessions = Array.from({ length: 3 }, (_, index) => aliceSession(3 - index));
  const asked: unknown[] = [];
  const limits = { pageSize: 2, maxItems: 3, signal: () => new AbortController().signal };
  const pages = listPages(limits, async (request) => {
    asked.push(request.after);
    if (asked.length === 2) throw new RestError(429, 'Too many requests', { 'Retry-After': '0' });
    return pageOf(sessions, { ...request });
  });

  const sizes: number[] = [];
  for await (const { nodes } of pages) sizes.push(nodes.length);

  expect(sizes).toEqual([2, 1]);
  expect(asked).toEqual([null, '1', '1']);
});

test('a list that breaks off ends without the end of its JSON', async () => {
  const sessions = Array.from({ length: 250 }, (_, index) => aliceSession(250 - index));
  graphql.script({
    sessions: (args) => {
      if (args['after'] === '199') throw new Error('The database is gone.');
      return pageOf(sessions, args);
    },
  });

  const response = await server.request('GET', '/sessions/?user_id=alice');

  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
  expect(server.logged).toMatchObject([{ msg: 'a REST list broke off' }]);
});

test('a user without sessions has an empty list', async () => {
  graphql.script({ sessions: (args) => pageOf([], args) });

  const response = await server.request('GET', '/sessions?user_id=bob');

  expect(await response.json()).toEqual([]);
});

test('the response to deleting all sessions says how many were deleted', async () => {
  graphql.script({ deleteSessions: () => ({ count: 3, ids: [] }) });

  const response = await server.request('DELETE', '/sessions/?user_id=alice&feature_name=travel');

  expect(await response.json()).toEqual({ message: 'Sessions deleted', deleted_sessions: 3 });
  expect(graphql.calls[0]?.variables).toEqual({ userId: 'alice', featureName: 'travel' });
});

test('a session is found by its database id', async () => {
  graphql.script({
    session: ({ id }) => (id === encodeGlobalID('Session', 5) ? aliceSession(5, { title: 'Trip' }) : null),
  });

  const response = await server.request('GET', '/sessions/5');

  expect(await response.json()).toMatchObject({ id: 5, title: 'Trip' });
});

test('an update keeps a field that is left out and clears a field that is null', async () => {
  const received: unknown[] = [];
  graphql.script({
    updateSession: ({ input }) => {
      received.push(input);
      return aliceSession();
    },
  });

  await server.request('PATCH', '/sessions/1', { title: null, model_name: 'demo-1', tool_approval: 'ask' });
  await server.request('PATCH', '/sessions/1', {});
  await server.request('PATCH', '/sessions/1', { archived: true, pinned: null, tags: null, metadata: {} });

  expect(received).toEqual([
    { title: null, modelName: 'demo-1', toolApproval: 'ASK' },
    {},
    { archived: true, tags: null, metadata: {} },
  ]);
});

test('the responses to deleting a session and to clearing its history name the session', async () => {
  graphql.script({
    deleteSession: ({ id }) => ({ id, databaseId: 5 }),
    cancelRun: () => ({ cancelled: false, run: null }),
    clearHistory: () => aliceSession(5),
  });

  const deleted = await server.request('DELETE', '/sessions/5');
  const cleared = await server.request('POST', '/sessions/5/clear-history');

  expect(await deleted.json()).toEqual({ message: 'Session deleted', session_id: 5 });
  expect(await cleared.json()).toEqual({
    message: 'History cleared',
    cancelled: false,
    session_id: 5,
  });
});

test('the response to a cancellation says whether a run was cancelled', async () => {
  const receipts = [
    { cancelled: true, run: { databaseId: 7 } },
    { cancelled: false, run: null },
  ];
  graphql.script({ cancelRun: () => receipts.shift() });

  const first = await server.request('POST', '/sessions/5/cancel');
  const second = await server.request('POST', '/sessions/5/cancel');

  expect(await first.json()).toEqual({
    message: 'Run cancelled',
    cancelled: true,
    session_id: 5,
    run_id: 7,
  });
  expect(await second.json()).toEqual({
    message: 'There was no run to cancel',
    cancelled: false,
    session_id: 5,
    run_id: null,
  });
});

test('the history contains every message, oldest first', async () => {
  const error = { code: 'PROVIDER_TIMEOUT', message: 'It fell silent.' };
  const prompt = message(1, { role: 'USER', content: 'And the tides?' });
  const written = { reasoning: 'Look it up.', toolCalls: [toolCall], tokenCount: 9 };
  const answer = message(2, {
    ...written,
    parent: { databaseId: 1 },
    status: 'FAILED',
    finishReason: 'ERROR',
    error,
  });
  const rest = Array.from({ length: 150 }, (_, index) => message(index + 3));
  const messages = [prompt, answer, ...rest];
  graphql.script({
    session: () => aliceSession(5, { messages: (args: Record<string, unknown>) => pageOf(messages, args) }),
  });

  const response = await server.request('GET', '/sessions/5/messages');

  const history = (await response.json()) as { session_id: number; messages: { id: number }[] };
  expect(history.messages.map(({ id }) => id)).toEqual(messages.map(({ databaseId }) => databaseId));
  expect({ ...history, messages: history.messages.slice(0, 2) }).toMatchInlineSnapshot(`
    {
      "messages": [
        {
          "attachments": [],
          "audio_url": null,
          "cancel_cause": null,
          "content": "And the tides?",
          "created_at": "2026-01-31T12:00:00.000Z",
          "empty_reason": null,
          "error": null,
          "finish_reason": null,
          "id": 1,
          "parent_id": null,
          "reasoning_content": null,
          "sender": "user",
          "session_id": 5,
          "status": "complete",
          "steered_into": null,
          "token_count": null,
          "tool_calls": [],
        },
        {
          "attachments": [],
          "audio_url": null,
          "cancel_cause": null,
          "content": "High at 15:02.",
          "created_at": "2026-01-31T12:00:00.000Z",
          "empty_reason": null,
          "error": {
            "code": "PROVIDER_TIMEOUT",
            "content": "It fell silent.",
          },
          "finish_reason": "error",
          "id": 2,
          "parent_id": 1,
          "reasoning_content": "Look it up.",
          "sender": "assistant",
          "session_id": 5,
          "status": "failed",
          "steered_into": null,
          "token_count": 9,
          "tool_calls": [
            {
              "args": {
                "port": "Lisbon",
              },
              "call_id": "call_1",
              "duration_ms": 12,
              "error_code": "TIMEOUT",
              "exit_code": 0,
              "name": "tide_table",
              "node_id": "harbour",
              "reasoning_offset": 11,
              "result": "High at 15:02",
              "status": "failed",
              "stopped": true,
              "text_offset": 4,
            },
          ],
        },
      ],
      "session_id": 5,
    }
  `);
});

test('the token usage has null for a limit that is not known', async () => {
  const tokenUsage = {
    contextTokens: 120,
    contextLimit: null,
    percentage: null,
    inputTokens: 300,
    outputTokens: 80,
    reasoningTokens: 20,
    totalTokens: 380,
  };
  graphql.script({ session: () => aliceSession(5, { tokenUsage }) });

  const response = await server.request('GET', '/sessions/5/tokens');

  expect(await response.json()).toMatchInlineSnapshot(`
    {
      "input_tokens": 300,
      "output_tokens": 80,
      "percentage": null,
      "reasoning_tokens": 20,
      "token_count": 120,
      "token_limit": null,
      "total_tokens": 380,
    }
  `);
});

const toolCall = {
  callId: 'call_1',
  name: 'tide_table',
  args: { port: 'Lisbon' },
  nodeId: 'harbour',
  status: 'FAILED',
  result: 'High at 15:02',
  errorCode: 'TIMEOUT',
  exitCode: 0,
  stopped: true,
  durationMs: 12,
  textOffset: 4,
  reasoningOffset: 11,
};

function message(databaseId: number, fields: object = {}) {
  return {
    __typename: 'Message',
    databaseId,
    parent: null,
    role: 'ASSISTANT',
    status: 'COMPLETE',
    finishReason: null,
    emptyReason: null,
    content: 'High at 15:02.',
    reasoning: null,
    toolCalls: [],
    attachments: [],
    error: null,
    tokenCount: null,
    createdAt: '2026-01-31T12:00:00.000Z',
    ...fields,
  };
}
