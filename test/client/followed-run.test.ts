import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRetry, GatewayError, RunFailedError } from '../../src/client/client.ts';
import { type ScriptedGateway, startScriptedGateway } from '../support/gateway/scripted-gateway.ts';
import { createTools } from '../support/gateway/tool-double.ts';
import { openNetwork } from '../support/http/network.ts';
import { createGate, reasoning, status, text, toolCall } from '../support/model/turn.ts';
import { startAnswerLosingProxy } from './answer-losing-proxy.ts';
import { distinctClient } from './transports.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  const tools = createTools(
    {
      look: async ({ print }) => {
        await print('looking');
        return 'a switchyard';
      },
    },
    { needApproval: ['look'] },
  );
  gateway = await startScriptedGateway({ tools, settings: { MODEL_MAX_RETRIES: '0' } });
});
afterAll(() => gateway[Symbol.asyncDispose]());

test('a run without a loop is read by its result, which has the whole answer', async () => {
  gateway.model.script([reasoning('Hm. '), text('Hello, ', 'world.')]);
  const chat = distinctClient(gateway.url).chat(await gateway.createSession(), 'Hi');

  expect(await chat.result).toMatchObject({
    runId: chat.runId,
    status: 'COMPLETED',
    text: 'Hello, world.',
    reasoning: 'Hm. ',
    toolCalls: [],
    finishReason: 'STOP',
    message: { content: 'Hello, world.' },
    usage: { outputTokens: expect.any(Number) },
  });
  expect(chat.text).toBe('Hello, world.');
});

test('a run has the text and the tool calls that its loop has read, and its result does not ask again', async () => {
  gateway.model.script([text('First. '), toolCall('c1', 'look', { path: '.' })], [text('Second.')]);
  const before = gateway.model.requests.length;
  const chat = distinctClient(gateway.url).chat(await gateway.createSession(), 'Look.');
  const { result } = chat;
  const states: string[] = [];

  for await (const event of chat) {
    if (event.__typename === 'TextDelta') states.push(chat.text);
    const [call] = chat.toolCalls;
    if (call && call.status !== states.at(-1)) states.push(call.status);
    if (event.__typename === 'ToolApprovalRequested') await chat.approve(event.callId);
  }

  expect(states).toEqual([
    'First. ',
    'RUNNING',
    'AWAITING_APPROVAL',
    'RUNNING',
    'SUCCEEDED',
    'First. \n\nSecond.',
    'SUCCEEDED',
  ]);
  const calls = [
    { callId: 'c1', name: 'look', args: { path: '.' }, output: 'looking', result: 'a switchyard' },
  ];
  expect(await result).toMatchObject({ text: 'First. \n\nSecond.', toolCalls: calls });
  expect(chat.toolCalls).toMatchObject(calls);
  expect(gateway.model.requests.length).toBe(before + 2);
});

test('a tool call that waits for a client is shown as waiting', async () => {
  gateway.model.script([toolCall('c1', 'locate', {})], [text('There.')]);
  const tools = [{ name: 'locate', inputSchema: { type: 'object' } }];
  const client = distinctClient(gateway.url);
  const chat = client.chat(await gateway.createSession(), 'Where am I?', { tools });
  const answer =
    'mutation ($runId: ID!, $callId: ID!, $result: JSON) { answerToolCall(runId: $runId, callId: $callId, result: $result) { status } }';
  const states: string[] = [];

  for await (const event of chat) {
    const [call] = chat.toolCalls;
    if (call && call.status !== states.at(-1)) states.push(call.status);
    if (event.__typename !== 'ClientToolRequested') continue;
    await client.query(answer, { runId: event.runId, callId: event.callId, result: 'Lisbon' });
  }

  expect(states.slice(-2)).toEqual(['AWAITING_CLIENT', 'SUCCEEDED']);
  expect(chat.toolCalls).toMatchObject([{ callId: 'c1', name: 'locate', result: 'Lisbon' }]);
});

test('a denied tool call is told its reason, and the run goes on', async () => {
  gateway.model.script([toolCall('c1', 'look', {})], [text('Pity.')]);
  const chat = distinctClient(gateway.url).chat(await gateway.createSession(), 'Look.');

  for await (const event of chat) {
    if (event.__typename === 'ToolApprovalRequested') await chat.deny(event.callId, 'Not today.');
  }

  const { toolCalls } = await chat.result;
  expect(toolCalls).toMatchObject([{ status: 'DENIED', result: expect.stringContaining('Not today.') }]);
});

test('a run whose loop was left goes on, and its result and another loop have all of it', async () => {
  const gate = createGate();
  gateway.model.script([text('Half'), gate, text(' and half')]);
  const chat = distinctClient(gateway.url).chat(await gateway.createSession(), 'Hi');
  for await (const event of chat) if (event.__typename === 'TextDelta') break;
  expect(chat.text).toBe('Half');
  gate.release();

  expect((await chat.result).text).toBe('Half and half');

  let seen = '';
  for await (const event of chat) if (event.__typename === 'TextDelta') seen += event.text;
  expect(seen).toBe('Half and half');
});

test('the result of a failed answer rejects with its code, and says whether to ask again', async () => {
  gateway.model.script([status(401)]);
  const chat = distinctClient(gateway.url).chat(await gateway.createSession(), 'Hi');
  const names: string[] = [];
  for await (const { __typename } of chat) names.push(__typename);
  const failure = await chat.result.catch((error) => error);

  expect(names.at(-1)).toBe('RunFailed');
  expect(failure).toBeInstanceOf(RunFailedError);
  expect(failure).toBeInstanceOf(GatewayError);
  expect(failure).toMatchObject({
    code: 'PROVIDER_UNAUTHORIZED',
    isPassing: false,
    event: { runId: chat.runId },
  });

  gateway.model.script([status(503)]);
  await expect(
    distinctClient(gateway.url).chat(await gateway.createSession(), 'Hi').result,
  ).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', isPassing: true });
});

test('a prompt can be cancelled before its first run event has come, and only once it was sent', async () => {
  gateway.model.script([text('Half'), createGate()]);
  const requests = gateway.model.requests.length;
  await using proxy = await startAnswerLosingProxy(gateway.url);
  const chat = distinctClient(proxy.url).chat(await gateway.createSession(), 'Hi');
  expect(await chat.cancel()).toBe(false);

  const { result } = chat;
  await gateway.model.request(requests);
  expect(chat.runId).toBeUndefined();
  const cancelled = chat.cancel();
  proxy.recover();

  expect(await cancelled).toBe(true);
  expect(await result).toMatchObject({ status: 'CANCELLED', text: 'Half', finishReason: undefined });
  expect(await chat.cancel()).toBe(false);
});

test('a run whose log has expired tells the gap, and then has the whole text', async () => {
  await using forgetful = await startScriptedGateway({ settings: { RUN_LOG_TTL_MS: '1' } });
  forgetful.model.script([text('One ', 'two ', 'three.')]);
  const client = distinctClient(forgetful.url);
  const chat = client.chat(await forgetful.createSession(), 'Count.');
  const { runId } = await chat.result;
  await expect
    .poll(async () => {
      const names: string[] = [];
      for await (const { __typename } of client.follow(runId)) names.push(__typename);
      return names;
    })
    .toEqual(['HistoryGap', 'RunCompleted']);

  const again = client.follow(runId);
  const states: [boolean, string][] = [];
  for await (const _ of again) states.push([again.hasGap, again.text]);

  expect(states).toEqual([
    [true, ''],
    [false, 'One two three.'],
  ]);
});

test('a refused prompt rejects the loop and the result with the same error', async () => {
  const client = distinctClient(gateway.url);
  const chat = client.chat('U2Vzc2lvbjo5OTk5', 'Hi');
  await expect(chat.result).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(chat[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('the result of a run is given up with the signal', async () => {
  const gate = createGate();
  gateway.model.script([text('Half'), gate]);
  const leave = new AbortController();
  const chat = distinctClient(gateway.url).chat(await gateway.createSession(), 'Hi', {
    signal: leave.signal,
  });
  const { result } = chat;
  await gate.reached;
  await expect.poll(() => chat.text).toBe('Half');
  leave.abort(new Error('The page was closed.'));
  await expect(result).rejects.toBe(leave.signal.reason);
  expect(await chat.cancel()).toBe(true);
});

test('a result survives lost connections', async () => {
  const gate = createGate();
  gateway.model.script([text('Half'), gate, text(' and half')]);
  await using network = await openNetwork(gateway.url);
  const retry = createRetry({ firstMs: 1, longestMs: 10 });
  const chat = distinctClient(network.url, { retry }).chat(await gateway.createSession(), 'Hi');
  const { result } = chat;
  await expect.poll(() => chat.text).toBe('Half');
  network.cut();
  gate.release();
  expect((await result).text).toBe('Half and half');
});
