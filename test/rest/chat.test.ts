import { encodeGlobalID } from '@pothos/plugin-relay';
import { expect, test } from 'vitest';
import { runCompleted, runEvent, usage } from './fixtures.ts';
import { allFrames, framesOf } from './frames.ts';
import { createGraphqlDouble } from './graphql-double.ts';
import { startRestServer, useRestServer } from './rest-server.ts';
import { createRunEventSource } from './run-event-source.ts';

const graphql = createGraphqlDouble();
const server = useRestServer(graphql);

test('a prompt without on_busy waits in the queue of a busy session, as legacy clients expect', async () => {
  const source = createRunEventSource('chat');
  source.emit(runCompleted(1));
  graphql.script({ chat: () => source });

  await allFrames(await server.request('POST', '/sessions/5/chat', { prompt: 'Hello' }));

  expect(graphql.calls).toEqual([
    {
      operation: 'Chat',
      variables: {
        input: { sessionId: encodeGlobalID('Session', 5), prompt: 'Hello', onBusy: 'ENQUEUE' },
      },
    },
  ]);
});

test('every field of a chat request reaches GraphQL under its own name', async () => {
  const source = createRunEventSource('chat');
  source.emit(runCompleted(1));
  graphql.script({ chat: () => source });

  const prompt = {
    prompt: 'Hi',
    edit_of: 3,
    answer_to: 4,
    expected_head: 5,
    provider_name: 'demo',
    model_name: 'demo-1',
    request_id: 'r1',
    on_busy: 'reject',
  };
  await allFrames(await server.request('POST', '/sessions/5/chat/', prompt));

  expect(graphql.calls[0]?.variables).toEqual({
    input: {
      sessionId: encodeGlobalID('Session', 5),
      prompt: 'Hi',
      editOf: encodeGlobalID('Message', 3),
      answerTo: encodeGlobalID('Message', 4),
      expectedHead: encodeGlobalID('Message', 5),
      providerName: 'demo',
      modelName: 'demo-1',
      requestId: 'r1',
      onBusy: 'REJECT',
    },
  });
});

test('every run event is written as its frames', async () => {
  const source = createRunEventSource('chat');
  source.emit(
    runEvent(1, 'RunQueued'),
    runEvent(2, 'RunStarted', {
      assistantMessageId: encodeGlobalID('Message', 3),
      userMessage: { databaseId: 2 },
    }),
    runEvent(3, 'ContextTrimmed', { omittedMessages: 4, shortenedResults: 0 }),
    runEvent(3, 'ModelRetryScheduled', {
      attempt: 1,
      code: 'PROVIDER_RATE_LIMITED',
      reason: 'The model provider is limiting requests; try again later.',
      dueAt: '2026-11-29T14:05:00.000Z',
    }),
    runEvent(4, 'ReasoningDelta', { text: 'Port' }),
    runEvent(5, 'ToolCallStarted', {
      callId: 'c1',
      name: 'atlas',
      args: { of: 'Portugal' },
      nodeId: 'laptop',
      textOffset: 0,
      reasoningOffset: 4,
    }),
    runEvent(6, 'ToolApprovalRequested', { callId: 'c1' }),
    runEvent(7, 'ToolApprovalDecided', {
      callId: 'c1',
      decision: 'APPROVED',
      reason: '',
      decidedBy: 'alice',
      byGrant: false,
      changedArgs: null,
    }),
    runEvent(8, 'ToolOutputDelta', { callId: 'c1', text: 'two\nlines' }),
    runEvent(9, 'ToolCallFinished', {
      callId: 'c1',
      name: 'atlas',
      status: 'SUCCEEDED',
      result: 'Lisbon',
      exitCode: null,
      durationMs: 3,
    }),
    runEvent(10, 'UsageReported', { usage, step: usage }),
    runEvent(13, 'HistoryGap', { fromSeq: 11, toSeq: 13 }),
    runEvent(14, 'TextDelta', { text: 'Lisbon. 🇵🇹' }),
    runCompleted(15),
  );
  graphql.script({ chat: () => source });

  const response = await server.request('POST', '/sessions/5/chat', { prompt: 'The capital?' });

  expect(await allFrames(response)).toMatchInlineSnapshot(`
    [
      "7:1 {"type":"status","status":"queued"}",
      "7:1 {"type":"status","status":"running"}",
      "7:2 {"type":"start","run_id":7,"message_id":3,"user_message_id":2}",
      "7:3 {"type":"status","status":"context_trimmed","omitted_messages":4}",
      "7:3 {"type":"status","status":"retrying","attempt":1,"code":"PROVIDER_RATE_LIMITED","content":"The model provider is limiting requests; try again later.","retry_at":"2026-11-29T14:05:00.000Z"}",
      "7:4 {"type":"reasoning","content":"Port"}",
      "7:5 {"type":"tool_start","call_id":"c1","name":"atlas","args":{"of":"Portugal"},"node_id":"laptop","text_offset":0,"reasoning_offset":4}",
      "7:6 {"type":"status","status":"awaiting_approval","call_id":"c1"}",
      "7:7 {"type":"status","status":"running","call_id":"c1","decision":"approved","decided_by":"alice"}",
      "7:8 {"type":"tool_output","call_id":"c1","content":"two\\nlines"}",
      "7:9 {"type":"tool_result","call_id":"c1","name":"atlas","result":"Lisbon","status":"succeeded","error_code":null,"exit_code":null,"duration_ms":3}",
      "7:10 {"type":"usage","usage":{"provider_name":"demo","model_name":"demo-1","input_tokens":12,"output_tokens":5,"reasoning_tokens":2,"cached_input_tokens":0,"cache_write_input_tokens":0,"total_tokens":17,"measured":true},"step":{"provider_name":"demo","model_name":"demo-1","input_tokens":12,"output_tokens":5,"reasoning_tokens":2,"cached_input_tokens":0,"cache_write_input_tokens":0,"total_tokens":17,"measured":true}}",
      "7:13 {"type":"status","status":"history_gap","from_seq":11,"to_seq":13}",
      "7:14 {"type":"content","content":"Lisbon. 🇵🇹"}",
      "7:15 {"type":"finish","message_id":3,"provider":"demo","full_answer":"Lisbon.","finish_reason":"stop","empty_reason":null,"usage":{"provider_name":"demo","model_name":"demo-1","input_tokens":12,"output_tokens":5,"reasoning_tokens":2,"cached_input_tokens":0,"cache_write_input_tokens":0,"total_tokens":17,"measured":true}}",
    ]
  `);
});

test('a cancelled run ends the stream with a cancelled frame, and a failed run with an error frame', async () => {
  const endings = [
    runEvent(1, 'RunCancelled', { message: { databaseId: 3 }, usage, toolCalls: [] }),
    runEvent(1, 'RunCancelled', { message: null, usage, toolCalls: [] }),
    runEvent(1, 'RunFailed', { code: 'PROVIDER_TIMEOUT', reason: 'It fell silent.', message: null, usage }),
  ];
  const chat = () => {
    const source = createRunEventSource('chat');
    source.emit(endings.shift() ?? {});
    return source;
  };
  graphql.script({ chat });

  const frames: string[] = [];
  for (let i = 0; i < 3; i++) {
    frames.push(...(await allFrames(await server.request('POST', '/sessions/5/chat', { prompt: 'Hi' }))));
  }

  expect(frames).toMatchInlineSnapshot(`
    [
      "7:1 {"type":"cancelled","message_id":3,"cause":null}",
      "7:1 {"type":"cancelled","message_id":null,"cause":null}",
      "7:1 {"type":"error","code":"PROVIDER_TIMEOUT","content":"It fell silent."}",
    ]
  `);
});

test('the headers, including those of middleware, and a heartbeat are sent before the first frame', async () => {
  const source = createRunEventSource('chat');
  graphql.script({ chat: () => source });

  const response = await server.request(
    'POST',
    '/sessions/5/chat',
    { prompt: 'Hi' },
    { origin: 'https://app.example' },
  );

  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect(response.headers.get('x-accel-buffering')).toBe('no');
  expect(response.headers.get('cache-control')).toContain('no-cache');
  expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
  source.emit(runCompleted(1));
  expect(await response.text()).toMatch(/^:/);
});

test('heartbeats are sent while the model is silent', async () => {
  const source = createRunEventSource('chat');
  await using server = await startRestServer(createGraphqlDouble({ chat: () => source }), { heartbeatMs: 5 });
  const response = await server.request('POST', '/sessions/5/chat', { prompt: 'Hi' });

  let received = '';
  for await (const text of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    received += text;
    if (received === ':\n:\n:\n') source.emit(runCompleted(1));
  }

  expect(received).toContain('"type":"finish"');
});

test('each frame is sent as soon as its run event arrives', async () => {
  const source = createRunEventSource('chat');
  graphql.script({ chat: () => source });
  const frames = framesOf(await server.request('POST', '/sessions/5/chat', { prompt: 'Hi' }));

  source.emit(runEvent(1, 'TextDelta', { text: 'Lis' }));
  expect((await frames.next()).value?.data).toContain('Lis');
  source.emit(runEvent(2, 'TextDelta', { text: 'bon' }));
  expect((await frames.next()).value?.data).toContain('bon');
  source.emit(runCompleted(3));
  expect((await frames.next()).value?.data).toContain('finish');
  expect((await frames.next()).done).toBe(true);
  await source.returned;
});
