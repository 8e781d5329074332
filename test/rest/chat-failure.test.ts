import { once } from 'node:events';
import { expect, test } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { runEvent, usage } from './fixtures.ts';
import { allFrames, framesOf } from './frames.ts';
import { createGraphqlDouble } from './graphql-double.ts';
import { startRestServer, useRestServer } from './rest-server.ts';
import { createRunEventSource } from './run-event-source.ts';

const graphql = createGraphqlDouble();
const server = useRestServer(graphql);

test.for([
  ['NOT_FOUND', 404],
  ['RUN_IN_PROGRESS', 409],
  ['SHUTTING_DOWN', 503],
] as const)(
  'a prompt that GraphQL refuses with %s gets the status %i and JSON instead of a stream',
  async ([code, status]) => {
    const chat = () => {
      throw new GatewayError(code, 'Not now');
    };
    graphql.script({ chat });

    const response = await server.request('POST', '/sessions/5/chat', { prompt: 'Hi' });

    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ detail: 'Not now' });
  },
);

test('a prompt that GraphQL refuses as invalid gets a validation error in the shape of FastAPI', async () => {
  const chat = () => {
    throw new GatewayError('BAD_USER_INPUT', 'The prompt is blank', { field: 'input.prompt' });
  };
  graphql.script({ chat });

  const response = await server.request('POST', '/sessions/5/chat', { prompt: ' ' });

  expect(response.status).toBe(422);
  expect(await response.json()).toEqual({
    detail: [{ type: 'value_error', loc: ['body', 'prompt'], msg: 'The prompt is blank', input: ' ' }],
  });
});

test('a subscription that throws ends the stream with an error frame and is logged', async () => {
  const source = createRunEventSource('chat');
  graphql.script({ chat: () => source });
  source.emit(runEvent(1, 'TextDelta', { text: 'Lis' }));
  source.fail(new Error('connection to 10.0.0.1 lost'));

  const response = await server.request('POST', '/sessions/5/chat', { prompt: 'Hi' });

  expect(await allFrames(response)).toMatchInlineSnapshot(`
    [
      "7:1 {"type":"content","content":"Lis"}",
      "- {"type":"error","code":"STREAM_INTERRUPTED","content":"The stream broke off before the answer was finished. Resume it with Last-Event-ID."}",
    ]
  `);
  expect(server.logged).toMatchObject([{ err: { message: 'connection to 10.0.0.1 lost' } }]);
});

test('a subscription that ends before its run ends the stream with an error frame', async () => {
  const source = createRunEventSource('chat');
  graphql.script({ chat: () => source });
  source.emit(runEvent(1, 'RunQueued'));
  source.end();

  const response = await server.request('POST', '/sessions/5/chat', { prompt: 'Hi' });

  expect(await allFrames(response)).toEqual([
    '7:1 {"type":"status","status":"queued"}',
    expect.stringContaining('- {"type":"error","code":"STREAM_INTERRUPTED"'),
  ]);
});

test('a result with errors ends the stream with the code and message of the error', async () => {
  const source = createRunEventSource('chat');
  const message = () => {
    throw new GatewayError('FORBIDDEN', 'This message is not yours');
  };
  source.emit(runEvent(1, 'RunCompleted', { message, usage, finishReason: 'STOP' }));
  graphql.script({ chat: () => source });

  const response = await server.request('POST', '/sessions/5/chat', { prompt: 'Hi' });

  expect(await allFrames(response)).toEqual([
    '- {"type":"error","code":"FORBIDDEN","content":"This message is not yours"}',
  ]);
});

test('a client that disconnects ends its subscription', async () => {
  const source = createRunEventSource('chat');
  graphql.script({ chat: () => source });
  const frames = framesOf(await server.request('POST', '/sessions/5/chat', { prompt: 'Hi' }));
  source.emit(runEvent(1, 'TextDelta', { text: 'Lis' }));
  await frames.next();

  await frames.return(undefined);

  await source.returned;
  expect(server.logged).toEqual([]);
});

test('a client that disconnects before the subscription has started ends the subscription', async () => {
  const source = createRunEventSource('chat');
  const graphql = createGraphqlDouble({ chat: () => source });
  const { subscribe } = graphql;
  const leaving = new AbortController();
  graphql.subscribe = async (document, variables, request, signal) => {
    leaving.abort();
    await once(signal, 'abort');
    return subscribe(document, variables, request, signal);
  };
  await using server = await startRestServer(graphql);

  const sent = fetch(`${server.origin}/api/v1/sessions/5/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"prompt":"Hi"}',
    signal: leaving.signal,
  });

  await expect(sent).rejects.toThrow('aborted');
  await source.returned;
});

test('run events are not pulled while the client does not read', async () => {
  const frame = 'x'.repeat(100_000);
  let pulled = 0;
  async function* eager() {
    while (pulled < 1000) {
      pulled++;
      await new Promise(setImmediate);
      yield { chat: runEvent(pulled, 'TextDelta', { text: frame }) };
    }
  }
  graphql.script({ chat: eager, session: () => null });
  const reply = await server.request('POST', '/sessions/5/chat', { prompt: 'Hi' });

  let before = -1;
  while (before !== pulled) {
    before = pulled;
    for (let i = 0; i < 20; i++) await server.request('GET', '/sessions/9');
  }

  expect(pulled).toBeLessThan(1000);
  await reply.body?.cancel();
});
