import { describe, expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent, textOf } from '../../support/gateway/chat.ts';
import { type Format, startModelGateway } from '../../support/gateway/model-gateway.ts';
import { createTools, type ToolPlay } from '../../support/gateway/tool-double.ts';
import { startModelServer } from '../../support/model/model-server.ts';
import { createGate, cutSocket, noUsage, status, text, toolCall, usage } from '../../support/model/turn.ts';

const formats: Format[] = ['openai', 'anthropic', 'google'];

/** What a test of tools looks at: no counts, no ids of ours. */
function tale(seen: SeenRunEvent[]) {
  return seen.flatMap(({ __typename, callId, name, args, text: delta, status, result, exitCode }) => {
    if (__typename === 'ToolCallStarted') return [['started', callId, name, args]];
    if (__typename === 'ToolOutputDelta') return [['output', callId, delta]];
    if (__typename === 'ToolCallFinished') return [['finished', callId, name, status, result, exitCode]];
    return __typename === 'TextDelta' ? [delta] : [];
  });
}

describe.each(formats)('a tool called by a model of %s', (format) => {
  test('runs, prints as it goes, and the model goes on with its result', async () => {
    const tools = createTools({
      async run({ print }) {
        await print('line 1\n');
        await print('line 2\n');
        return { status: 'SUCCEEDED', result: 'line 1\nline 2\n', exitCode: 0 };
      },
    });
    await using model = await startModelServer();
    model.script(
      [text('Let me look. '), toolCall('call_1', 'run', { path: 'a.txt' }), usage({ input: 20, output: 10 })],
      [text('Done.'), usage({ input: 40, output: 2, cached: 30 })],
    );
    await using gateway = await startModelGateway(model, format, { tools });
    const sessionId = await gateway.createSession();

    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Look' }));

    expect(tale(seen)).toEqual([
      'Let me look. ',
      ['started', 'call_1', 'run', { path: 'a.txt' }],
      ['output', 'call_1', 'line 1\n'],
      ['output', 'call_1', 'line 2\n'],
      ['finished', 'call_1', 'run', 'SUCCEEDED', 'line 1\nline 2\n', 0],
      'Done.',
    ]);
    expect(seen.at(-1)).toMatchObject({
      __typename: 'RunCompleted',
      message: {
        content: 'Let me look. Done.',
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

  test('does not wait for another one that is slow', async () => {
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
    await using model = await startModelServer();
    model.script([toolCall('a', 'slow', {}), toolCall('b', 'quick', {})], [text('Both done.')]);
    await using gateway = await startModelGateway(model, format, { tools });
    const sessionId = await gateway.createSession();

    const seen: SeenRunEvent[] = [];
    for await (const event of chat(gateway.client(), { sessionId, prompt: 'Both' })) {
      seen.push(event);
      if (event.__typename === 'ToolCallFinished' && event['callId'] === 'b') gate.release();
    }

    expect(tale(seen).filter((each) => each?.[0] !== 'started')).toEqual([
      ['output', 'a', 'slow begins'],
      ['output', 'b', 'quick prints'],
      ['finished', 'b', 'quick', 'SUCCEEDED', 'quick is done', null],
      ['finished', 'a', 'slow', 'SUCCEEDED', 'slow is done', null],
      'Both done.',
    ]);
    expect(seen.at(-1)?.['message'].toolCalls).toMatchObject([
      { callId: 'a', result: 'slow is done' },
      { callId: 'b', result: 'quick is done' },
    ]);
  });

  test('that fails, that is broken, or that there is not, is no failure of the run: the model is told', async () => {
    const tools = createTools({
      run: () => ({ status: 'FAILED', result: 'The disk is full.', exitCode: 1 }),
      breaks: () => {
        throw new Error('ECONNREFUSED 10.0.0.1');
      },
    });
    await using model = await startModelServer();
    model.script(
      [toolCall('a', 'run', { path: 'x' }), toolCall('b', 'breaks', {}), toolCall('c', 'fly', {})],
      [text('I could not do that.')],
    );
    await using gateway = await startModelGateway(model, format, { tools });
    const sessionId = await gateway.createSession();
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Fly' }));
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
    const told = JSON.stringify(model.requests[1]?.body);
    expect(told).toContain('The disk is full.');
    expect(told).toContain('Tools there are: run, breaks.');
    expect(JSON.stringify(seen) + told).not.toContain('ECONNREFUSED');
  });

  test('prints nothing more once it has ended', async () => {
    const late: ToolPlay[] = [];
    const tools = createTools({
      run(play) {
        late.push(play);
        return 'done';
      },
    });
    await using model = await startModelServer();
    const gate = createGate();
    model.script([toolCall('a', 'run', {})], [text('On'), gate, text('ward')]);
    await using gateway = await startModelGateway(model, format, { tools });
    const sessionId = await gateway.createSession();
    const seen: SeenRunEvent[] = [];
    for await (const event of chat(gateway.client(), { sessionId, prompt: 'Go' })) {
      seen.push(event);
      if (event.text !== 'On') continue;
      await late[0]?.print('too late');
      gate.release();
    }
    expect(tale(seen).map((each) => (Array.isArray(each) ? each[0] : each))).toEqual([
      'started',
      'finished',
      'On',
      'ward',
    ]);
  });

  test('stays with its tokens when the model fails afterwards', async () => {
    const tools = createTools({ run: () => 'done' });
    await using model = await startModelServer();
    model.script(
      [text('Look: '), toolCall('a', 'run', {}), usage({ input: 20, output: 10 })],
      [status(401, {})],
      [text('Again: '), toolCall('a', 'run', {}), usage({ input: 20, output: 10 })],
      [text('One two three'), cutSocket()],
    );
    await using gateway = await startModelGateway(model, format, { tools });
    const sessionId = await gateway.createSession();
    const refused = await collect(chat(gateway.client(), { sessionId, prompt: 'Go' }));
    expect(refused.at(-1)).toMatchObject({
      code: 'PROVIDER_UNAUTHORIZED',
      message: { content: 'Look: ', toolCalls: [{ status: 'SUCCEEDED', result: 'done' }] },
      usage: { inputTokens: 20, outputTokens: 10, measured: true },
    });
    const cut = await collect(chat(gateway.client(), { sessionId, prompt: 'Go' }));
    expect(cut.at(-1)).toMatchObject({
      code: 'PROVIDER_STREAM_CUT',
      message: { content: 'Again: One two three', toolCalls: [{ status: 'SUCCEEDED', result: 'done' }] },
      usage: { inputTokens: 51, outputTokens: 13, measured: false },
    });
  });

  test('along with more than a hundred others is not run, and the model is told', async () => {
    const tools = createTools({ run: () => 'done' });
    await using model = await startModelServer();
    const calls = Array.from({ length: 102 }, (_, index) => toolCall(`call_${index}`, 'run', {}));
    model.script(calls, [text('That was a lot.')]);
    await using gateway = await startModelGateway(model, format, { tools });
    const sessionId = await gateway.createSession();

    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Go' }));

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
    expect(JSON.stringify(model.requests[1]?.body).split(result)).toHaveLength(3);
  });

  test('again and again ends the run at the step limit, with all of it kept', async () => {
    const tools = createTools({ run: () => 'more' });
    await using model = await startModelServer();
    let turns = 0;
    model.otherwise(() => [text(`${++turns}. `), toolCall(`call_${turns}`, 'run', {})]);
    await using gateway = await startModelGateway(model, format, { tools, settings: { MAX_STEPS: '3' } });
    const sessionId = await gateway.createSession();
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Go on' }));
    expect(seen.at(-1)).toMatchObject({
      __typename: 'RunFailed',
      code: 'STEP_LIMIT',
      reason: 'The model was still calling tools after 3 steps.',
      message: { status: 'FAILED', content: '1. 2. 3. ' },
      usage: { inputTokens: 30, outputTokens: 15, measured: true },
    });
    expect(seen.at(-1)?.['message'].toolCalls).toHaveLength(3);
    expect(model.requests).toHaveLength(3);

    model.script([text('Enough.')]);
    const next = await collect(chat(gateway.client(), { sessionId, prompt: 'Stop' }));
    expect(next.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Enough.' } });
  });
});

describe.each(['openai', 'anthropic'] as const)('the tokens of tools of %s', (format) => {
  test('are estimated, what is offered, arguments and results too, where the provider reports nothing', async () => {
    const tools = createTools({ run: () => 'word '.repeat(100) });
    await using model = await startModelServer();
    model.script(
      [toolCall('a', 'run', { path: 'one/two/three' }), noUsage()],
      [text('One two three'), noUsage()],
    );
    await using gateway = await startModelGateway(model, format, { tools });
    const sessionId = await gateway.createSession();
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Go on' }));
    expect(seen.at(-1)?.['usage']).toMatchObject({ inputTokens: 187, outputTokens: 13, measured: false });
  });
});
