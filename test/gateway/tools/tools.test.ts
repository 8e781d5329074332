import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, type SeenRunEvent, textOf } from '../../support/gateway/chat.ts';
import type { SettingFormat } from '../../support/gateway/model-gateway.ts';
import { startToolGateway, type ToolGateway } from '../../support/gateway/tool-chat.ts';
import { createTools, type ToolPlay } from '../../support/gateway/tool-double.ts';
import {
  createGate,
  cutSocket,
  noUsage,
  reasoning,
  status,
  text,
  toolCall,
  usage,
} from '../../support/model/turn.ts';

const formats: SettingFormat[] = ['openai', 'anthropic', 'google'];

let shared: ToolGateway;

beforeAll(async () => {
  // Only one test takes more than two steps.
  shared = await startToolGateway({ MAX_STEPS: '3' });
});

afterAll(() => shared?.[Symbol.asyncDispose]());

/** The run events as far as these tests look at them: without counts and without ids of the gateway. */
/** Output that came in several deltas is joined: how many there are depends on how fast the follower reads. */
function summaryOf(seen: SeenRunEvent[]) {
  const summary: unknown[][] = [];
  for (const { __typename, callId, name, args, text: delta, status, result, exitCode } of seen) {
    const last = summary.at(-1);
    if (__typename === 'ToolCallStarted') summary.push(['started', callId, name, args]);
    else if (__typename === 'ToolOutputDelta') {
      if (last?.[0] === 'output' && last[1] === callId) last[2] = `${last[2]}${delta}`;
      else summary.push(['output', callId, delta]);
    } else if (__typename === 'ToolCallFinished') {
      summary.push(['finished', callId, name, status, result, exitCode]);
    } else if (__typename === 'TextDelta') summary.push([delta]);
  }
  return summary;
}

describe.each(formats)('with a model of %s', (format) => {
  test('a tool that the model calls shows its output while it runs, and the model goes on with its result', async () => {
    const tools = createTools({
      async run({ print }) {
        await print('line 1\n');
        await print('line 2\n');
        return { status: 'SUCCEEDED', result: 'line 1\nline 2\n', exitCode: 0 };
      },
    });
    shared.model.script(
      [text('Let me look. '), toolCall('call_1', 'run', { path: 'a.txt' }), usage({ input: 20, output: 10 })],
      [text('Done.'), usage({ input: 40, output: 2, cached: 30 })],
    );
    const session = await shared.createChat(format, tools);

    const seen = await collect(session.chat('Look'));

    expect(summaryOf(seen)).toEqual([
      ['Let me look. '],
      ['started', 'call_1', 'run', { path: 'a.txt' }],
      ['output', 'call_1', 'line 1\nline 2\n'],
      ['finished', 'call_1', 'run', 'SUCCEEDED', 'line 1\nline 2\n', 0],
      ['\n\nDone.'],
    ]);
    expect(seen.at(-1)).toMatchObject({
      __typename: 'RunCompleted',
      message: {
        content: 'Let me look. \n\nDone.',
        toolCalls: [
          {
            callId: 'call_1',
            name: 'run',
            args: { path: 'a.txt' },
            status: 'SUCCEEDED',
            result: 'line 1\nline 2\n',
          },
        ],
      },
      usage: { inputTokens: 60, outputTokens: 12, measured: true },
    });
    expect(seen.flatMap(({ usage: used }) => (used ? [used.inputTokens] : []))).toEqual([20, 60, 60]);
    expect(tools.requests).toMatchObject([{ callId: 'call_1', name: 'run', args: { path: 'a.txt' } }]);
  });

  test('a tool does not wait for a slow one that was called with it', async () => {
    const gate = createGate();
    const tools = createTools({
      async slow({ print }) {
        await print('slow begins');
        await gate.pass();
        return 'slow is done';
      },
      async quick({ print }) {
        await gate.reached;
        await print('quick prints');
        return 'quick is done';
      },
    });
    shared.model.script([toolCall('a', 'slow', {}), toolCall('b', 'quick', {})], [text('Both done.')]);
    const session = await shared.createChat(format, tools);

    const seen: SeenRunEvent[] = [];
    for await (const event of session.chat('Both')) {
      seen.push(event);
      if (event.__typename === 'ToolCallFinished' && event['callId'] === 'b') gate.release();
    }

    expect(summaryOf(seen).filter((each) => each?.[0] !== 'started')).toEqual([
      ['output', 'a', 'slow begins'],
      ['output', 'b', 'quick prints'],
      ['finished', 'b', 'quick', 'SUCCEEDED', 'quick is done', null],
      ['finished', 'a', 'slow', 'SUCCEEDED', 'slow is done', null],
      ['Both done.'],
    ]);
    expect(seen.at(-1)?.['message'].toolCalls).toMatchObject([
      { callId: 'a', result: 'slow is done' },
      { callId: 'b', result: 'quick is done' },
    ]);
  });

  test('a tool that fails, throws or does not exist does not fail the run, and the model gets the reason', async () => {
    const tools = createTools({
      run: () => ({ status: 'FAILED', result: 'The disk is full.', exitCode: 1 }),
      breaks: () => {
        throw new Error('ECONNREFUSED 10.0.0.1');
      },
    });
    shared.model.script(
      [toolCall('a', 'run', { path: 'x' }), toolCall('b', 'breaks', {}), toolCall('c', 'fly', {})],
      [text('I could not do that.')],
    );
    const session = await shared.createChat(format, tools);
    const seen = await collect(session.chat('Fly'));
    expect(textOf(seen)).toBe('I could not do that.');
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted' });
    const unknown = 'There is no tool named "fly". Tools there are: run, breaks.';
    expect(seen.at(-1)?.['message'].toolCalls).toEqual([
      { callId: 'a', name: 'run', args: { path: 'x' }, status: 'FAILED', result: 'The disk is full.' },
      { callId: 'b', name: 'breaks', args: {}, status: 'FAILED', result: 'The tool failed.' },
      { callId: 'c', name: 'fly', args: {}, status: 'FAILED', result: unknown },
    ]);
    const codes = seen.flatMap(({ callId, errorCode }) => (errorCode ? [[callId, errorCode]] : []));
    expect(Object.fromEntries(codes)).toEqual({ a: 'FAILED', b: 'FAILED', c: 'UNKNOWN_TOOL' });
    const told = JSON.stringify(session.requests()[1]?.body);
    expect(told).toContain('The disk is full.');
    expect(told).toContain('Tools there are: run, breaks.');
    expect(JSON.stringify(seen) + told).not.toContain('ECONNREFUSED');
  });

  test('output that a tool prints after its end is dropped', async () => {
    const late: ToolPlay[] = [];
    const tools = createTools({
      run(play) {
        late.push(play);
        return 'done';
      },
    });
    const gate = createGate();
    shared.model.script([toolCall('a', 'run', {})], [text('On'), gate, text('ward')]);
    const session = await shared.createChat(format, tools);
    const seen: SeenRunEvent[] = [];
    for await (const event of session.chat('Go')) {
      seen.push(event);
      if (event.text !== 'On') continue;
      await late[0]?.print('too late');
      gate.release();
    }
    expect(summaryOf(seen).map((each) => (Array.isArray(each) ? each[0] : each))).toEqual([
      'started',
      'finished',
      'On',
      'ward',
    ]);
  });

  test('a run whose model fails after a tool call keeps the tool call and its tokens', async () => {
    const tools = createTools({ run: () => 'done' });
    shared.model.script(
      [text('Look: '), toolCall('a', 'run', {}), usage({ input: 20, output: 10 })],
      [status(401, {})],
      [text('Again: '), toolCall('a', 'run', {}), usage({ input: 20, output: 10 })],
      [text('One two three'), cutSocket()],
    );
    const session = await shared.createChat(format, tools);
    const refused = await collect(session.chat('Go'));
    expect(refused.at(-1)).toMatchObject({
      code: 'PROVIDER_UNAUTHORIZED',
      message: { content: 'Look: ', toolCalls: [{ status: 'SUCCEEDED', result: 'done' }] },
      usage: { inputTokens: 20, outputTokens: 10, measured: true },
    });
    const cut = await collect(session.chat('Go'));
    expect(cut.at(-1)).toMatchObject({
      code: 'PROVIDER_STREAM_CUT',
      message: { content: 'Again: \n\nOne two three', toolCalls: [{ status: 'SUCCEEDED', result: 'done' }] },
      usage: { inputTokens: 51, outputTokens: 13, measured: false },
    });
  });

  test('tool calls beyond the first hundred of a step are not run, and the model is told', async () => {
    const tools = createTools({ run: () => 'done' });
    const calls = Array.from({ length: 102 }, (_, index) => toolCall(`call_${index}`, 'run', {}));
    shared.model.script(calls, [text('That was a lot.')]);
    const session = await shared.createChat(format, tools);

    const seen = await collect(session.chat('Go'));

    expect(tools.requests).toHaveLength(100);
    const { content, toolCalls } = seen.at(-1)?.['message'] ?? {};
    expect(content).toBe('That was a lot.');
    expect(toolCalls).toHaveLength(102);
    const refused = toolCalls.filter(({ status: end }: { status: string }) => end === 'FAILED');
    const result = 'A step runs at most 100 tool calls, and this call exceeds them. It was not started.';
    expect(refused).toMatchObject([
      { callId: 'call_100', result },
      { callId: 'call_101', result },
    ]);
    expect(JSON.stringify(session.requests()[1]?.body).split(result)).toHaveLength(3);
  });

  test('a run whose model never stops calling tools fails at the step limit and keeps its text and its tool calls', async () => {
    const tools = createTools({ run: () => 'more' });
    const turns = [1, 2, 3].map((turn) => [text(`${turn}. `), toolCall(`call_${turn}`, 'run', {})]);
    shared.model.script(...turns);
    const session = await shared.createChat(format, tools);
    const seen = await collect(session.chat('Go on'));
    expect(seen.at(-1)).toMatchObject({
      __typename: 'RunFailed',
      code: 'STEP_LIMIT',
      reason: 'The model was still calling tools after 3 steps.',
      message: { status: 'FAILED', content: '1. \n\n2. \n\n3. ' },
      usage: { inputTokens: 30, outputTokens: 15, measured: true },
    });
    expect(seen.at(-1)?.['message'].toolCalls).toHaveLength(3);
    expect(session.requests()).toHaveLength(3);

    shared.model.script([text('Enough.')]);
    const next = await collect(session.chat('Stop'));
    expect(next.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Enough.' } });
  });
});

describe.each(['openai', 'anthropic'] as const)('with a model of %s that reports no usage', (format) => {
  test('the tokens of the offered tools, of their arguments and of their results are estimated', async () => {
    const tools = createTools({ run: () => 'word '.repeat(100) });
    shared.model.script(
      [toolCall('a', 'run', { path: 'one/two/three' }), noUsage()],
      [text('One two three'), noUsage()],
    );
    const session = await shared.createChat(format, tools);
    const seen = await collect(session.chat('Go on'));
    expect(seen.at(-1)?.['usage']).toMatchObject({ inputTokens: 187, outputTokens: 13, measured: false });
  });
});

test('a tool call says after how many UTF-16 code units of the text and of the reasoning it was made', async () => {
  const session = await shared.createChat('openai', createTools({ look: () => 'Nothing.' }));
  shared.model.script(
    [reasoning('Two 🗂.'), text('I look 👀.'), toolCall('a', 'look', {}), toolCall('b', 'look', {})],
    [reasoning('Once more.'), toolCall('c', 'look', {})],
    [text('Nothing there.')],
  );
  const seen = await collect(session.chat('Look'));

  const stored = `query ($id: ID!) { session(id: $id) { lastMessage {
    content toolCalls { callId textOffset reasoningOffset }
  } } }`;
  const { data } = await shared.gateway.graphql(stored, { id: session.sessionId });
  const afterFirst = { textOffset: 'I look 👀.'.length, reasoningOffset: 'Two 🗂.'.length };
  const toolCalls = [
    { callId: 'a', ...afterFirst },
    { callId: 'b', ...afterFirst },
    { callId: 'c', ...afterFirst, reasoningOffset: 'Two 🗂.\n\nOnce more.'.length },
  ];
  expect(seen.filter(({ __typename }) => __typename === 'ToolCallStarted')).toMatchObject(toolCalls);
  expect(data.session.lastMessage).toEqual({ content: 'I look 👀.\n\nNothing there.', toolCalls });
});
