import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { chat, collect, type SeenRunEvent } from '../../support/gateway/chat.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { createNodeSession, startNode } from '../../support/node/nodes.ts';
import { startOwnNode } from './own-node.ts';

/** The events of tool calls, without the fields that differ from run to run. */
function toolEvents(seen: SeenRunEvent[]) {
  return seen.flatMap(({ __typename, callId, nodeId, text: output, status, result, errorCode, exitCode }) => {
    if (__typename === 'ToolCallStarted') return [['started', callId, nodeId]];
    if (__typename === 'ToolOutputDelta') return [['output', callId, output]];
    if (__typename !== 'ToolCallFinished') return [];
    return [['finished', callId, status, result, errorCode, exitCode]];
  });
}

const run = (id: string, args: object) => toolCall(id, 'run_command', args);

let gateway: ScriptedGateway;
beforeAll(async () => {
  const settings = { MAX_QUEUED_DISPATCHES: '1', MAX_TOOL_OUTPUT_BYTES: '1024', CANCEL_CONFIRM_MS: '100' };
  gateway = await startScriptedGateway({ settings });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** Sends a prompt in a session with these nodes; resolves with all run events. */
async function ask(nodeIds: string[], on: ScriptedGateway = gateway): Promise<SeenRunEvent[]> {
  const sessionId = await createNodeSession(on, nodeIds);
  return collect(chat(on.client(), { sessionId, prompt: 'Work' }));
}

/** The newest request that the model got, as text. */
const lastModelRequest = () => JSON.stringify(gateway.model.requests.at(-1)?.body);

test('the run shows the output of a tool call while it runs, and then its result', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  gateway.model.script([run('a', { command: 'ls', cwd: 'src', timeout_ms: 5_000 })], [text('Two files.')]);
  const seen = ask(['laptop']);

  const { dispatchId, ...dispatch } = await laptop.take();
  await laptop.print(dispatchId, 0, 'one\n');
  await laptop.print(dispatchId, 4, 'two\n');
  expect(await laptop.finish(dispatchId, { result: 'one\ntwo\n', exitCode: 0 })).toBe(true);

  expect(dispatch).toEqual({
    __typename: 'RunDispatch',
    seq: 1,
    toolApproval: 'AUTO',
    tool: 'run_command',
    args: { command: 'ls', cwd: 'src' },
    timeoutMs: 5_000,
    maxOutputBytes: 1_024,
    traceparent: null,
  });
  expect(toolEvents(await seen)).toEqual([
    ['started', 'a', 'laptop'],
    ['output', 'a', 'one\n'],
    ['output', 'a', 'two\n'],
    ['finished', 'a', 'SUCCEEDED', 'one\ntwo\n', null, 0],
  ]);
  expect(lastModelRequest()).toContain('one\\ntwo\\n');
});

test.each([
  [{ status: 'FAILED', result: 'no such file', exitCode: 2 }, ['FAILED', 'no such file', 'FAILED', 2]],
  [{ status: 'FAILED', result: 'not here', errorCode: 'POLICY' }, ['FAILED', 'not here', 'POLICY', null]],
  [{ status: 'TIMED_OUT', result: 'half' }, ['FAILED', 'half', 'TIMEOUT', null]],
  [{ status: 'CANCELLED', result: 'I must go' }, ['FAILED', 'I must go', 'FAILED', null]],
] as const)(
  'a tool call that the agent reports as %j has failed, and the model is told its result',
  async (report, outcome) => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    gateway.model.script([run('a', { command: 'ls' })], [text('Oh.')]);
    const seen = ask(['laptop']);
    const { dispatchId } = await laptop.take();

    await laptop.finish(dispatchId, report);

    expect(toolEvents(await seen)).toContainEqual(['finished', 'a', ...outcome]);
    expect(lastModelRequest()).toContain(report.result);
  },
);

test('a tool call does not wait for a slow tool call on another node', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  await using server = await startOwnNode(gateway, 'server');
  gateway.model.script(
    [run('slow', { command: 'make', node: 'laptop' }), run('quick', { command: 'ls', node: 'server' })],
    [text('Both done.')],
  );
  const seen = ask(['laptop', 'server']);

  const slow = await laptop.take();
  const quick = await server.take();
  await server.finish(quick['dispatchId'], { result: 'quick' });
  const stored = () => gateway.services.database.toolCall.findFirst({ where: { callId: 'quick' } });
  await vi.waitFor(async () => expect(await stored()).toMatchObject({ status: 'SUCCEEDED' }));
  await laptop.finish(slow['dispatchId'], { result: 'slow' });

  expect(toolEvents(await seen).filter(([what]) => what === 'finished')).toEqual([
    ['finished', 'quick', 'SUCCEEDED', 'quick', null, null],
    ['finished', 'slow', 'SUCCEEDED', 'slow', null, null],
  ]);
});

test('a node with one slot is BUSY until its call has ended, and then gets the next call', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop', { maxDispatches: 1 });
  gateway.model.script([run('a', { command: 'one' }), run('b', { command: 'two' })], [text('Done.')]);
  const seen = ask(['laptop']);

  const first = await laptop.take();
  const query = '{ agentNode(nodeId: "laptop") { connection runningDispatches maxDispatches } }';
  expect((await gateway.query(query)).agentNode).toEqual({
    connection: 'BUSY',
    runningDispatches: 1,
    maxDispatches: 1,
  });
  expect(laptop.commands).toHaveLength(2);
  await laptop.finish(first['dispatchId']);
  const second = await laptop.take();
  await laptop.finish(second['dispatchId']);

  expect([first, second].map(({ args }) => args.command)).toEqual(['one', 'two']);
  expect((await seen).at(-1)?.__typename).toBe('RunCompleted');
  expect((await gateway.query(query)).agentNode.connection).toBe('ONLINE');
});

test('a tool call fails with NODE_BUSY if MAX_QUEUED_DISPATCHES calls wait for its node', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop', { maxDispatches: 1 });
  const calls = ['a', 'b', 'c'].map((id) => run(id, { command: id }));
  gateway.model.script(calls, [text('Done.')]);
  const seen = ask(['laptop']);

  await laptop.finish((await laptop.take())['dispatchId']);
  await laptop.finish((await laptop.take())['dispatchId']);

  const outcomes = toolEvents(await seen).flatMap(([what, , status, , code]) =>
    what === 'finished' ? [[status, code]] : [],
  );
  expect(outcomes).toEqual([
    ['FAILED', 'NODE_BUSY'],
    ['SUCCEEDED', null],
    ['SUCCEEDED', null],
  ]);
});

test('a tool call that is not acknowledged within DISPATCH_ACK_MS fails and may not start later', async () => {
  await using impatient = await startScriptedGateway({ settings: { DISPATCH_ACK_MS: '100' } });
  await using laptop = await startNode(impatient, 'laptop');
  impatient.model.script([run('a', { command: 'ls' })], [text('Hm.')]);

  const seen = await ask(['laptop'], impatient);

  expect(toolEvents(seen).at(-1)).toEqual([
    'finished',
    'a',
    'FAILED',
    'The node "laptop" did not take the call within 100 ms. Nothing was started.',
    'NODE_UNRESPONSIVE',
    null,
  ]);
  const { dispatchId } = await laptop.next('RunDispatch');
  expect(await laptop.acknowledge(dispatchId)).toBe(false);
  expect(await laptop.finish(dispatchId)).toBe(false);
});

test('an acknowledgement that is repeated gets the same reply, and another process of the agent is refused', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  gateway.model.script([run('a', { command: 'ls' })], [text('Done.')]);
  const seen = ask(['laptop']);
  const { dispatchId } = await laptop.take();

  expect(await laptop.acknowledge(dispatchId)).toBe(true);
  expect(await laptop.acknowledge(dispatchId, 'another')).toBe(false);
  expect(await laptop.acknowledge('unknown')).toBe(false);

  await laptop.finish(dispatchId);
  await seen;
});

test('output is shown once if pieces are repeated or overlap, and a piece after a gap is refused', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  gateway.model.script([run('a', { command: 'ls' })], [text('Done.')]);
  const seen = ask(['laptop']);
  const { dispatchId } = await laptop.take();

  expect((await laptop.print(dispatchId, 0, 'abc')).data.appendDispatchOutput.nextOffset).toBe(3);
  expect((await laptop.print(dispatchId, 0, 'abc')).data.appendDispatchOutput.nextOffset).toBe(3);
  expect((await laptop.print(dispatchId, 1, 'bcde')).data.appendDispatchOutput.nextOffset).toBe(5);
  const { errors } = await laptop.print(dispatchId, 9, 'z');
  expect(errors?.[0]).toMatchObject({
    message: 'offset: expected 5 at most, got 9: a piece is missing.',
    extensions: { code: 'CONFLICT', field: 'offset', nextOffset: 5 },
  });
  await laptop.finish(dispatchId, { result: 'abcde' });

  const shown = (await seen).filter(({ __typename }) => __typename === 'ToolOutputDelta');
  expect(shown.map(({ text: piece }) => piece).join('')).toBe('abcde');
});

test.each([
  ['Ctrl-C on Windows', 3_221_225_786, 3_221_225_786],
  ['-1 as Windows counts', 4_294_967_295, 4_294_967_295],
  ['a code with a sign', -1_073_741_510, -1_073_741_510],
  ['no whole number', 0.5, null],
  ['a number that no program ends with', 1e300, null],
])(
  'a result with an exit code that is %s counts, live and in the history',
  async (_what, reported, shown) => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    gateway.model.script([run('a', { command: 'ls' })], [text('Done.')]);
    const sessionId = await createNodeSession(gateway, ['laptop']);
    const seen = collect(chat(gateway.client(), { sessionId, prompt: 'Work' }));
    const { dispatchId } = await laptop.take();

    expect(await laptop.finish(dispatchId, { status: 'FAILED', result: 'x', exitCode: reported })).toBe(true);

    expect(toolEvents(await seen).at(-1)).toEqual(['finished', 'a', 'FAILED', 'x', 'FAILED', shown]);
    const ended = shown === null ? 'x"' : `x\\n[exit code ${shown}]"`;
    expect(lastModelRequest()).toContain(ended);
    const stored = `query ($id: ID!) { session(id: $id) { messages(last: 1) { nodes { toolCalls { exitCode } } } } }`;
    const { session } = await gateway.query(stored, { id: sessionId });
    expect(session.messages.nodes[0].toolCalls).toEqual([{ exitCode: shown }]);
  },
);

test('NUL in the output and the result of a tool call is replaced, because PostgreSQL cannot store it', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  gateway.model.script([run('a', { command: 'ls' })], [text('Done.')]);
  const seen = ask(['laptop']);
  const { dispatchId } = await laptop.take();

  expect((await laptop.print(dispatchId, 0, 'a\0b')).data.appendDispatchOutput.nextOffset).toBe(3);
  await laptop.finish(dispatchId, { result: 'a\0b' });

  expect(toolEvents(await seen).slice(1)).toEqual([
    ['output', 'a', 'a\uFFFDb'],
    ['finished', 'a', 'SUCCEEDED', 'a\uFFFDb', null, null],
  ]);
});

test('the agent is told to stop sending output if the gateway failed to show it, and the result still counts', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  const { dispatcher, database } = gateway.services;
  const node = await database.agentNode.findFirstOrThrow({ where: { nodeId: 'laptop' } });
  const passed: string[] = [];
  const onOutput = async (piece: string) => {
    passed.push(piece);
    throw new Error('The log is full.');
  };
  const request = {
    dispatchId: 'a',
    sessionId: 1,
    toolApproval: 'AUTO' as const,
    workspaceId: null,
    tool: 'run_command',
    args: {},
    timeoutMs: 60_000,
    onOutput,
  };
  const outcome = dispatcher.dispatch(node, request, new AbortController().signal);
  const { dispatchId } = await laptop.take();

  const answers = [await laptop.print(dispatchId, 0, 'one'), await laptop.print(dispatchId, 3, 'two')];
  await laptop.finish(dispatchId, { result: 'onetwo' });

  expect(answers.map(({ data }) => data.appendDispatchOutput)).toEqual([
    { nextOffset: 3, isWanted: false },
    { nextOffset: 6, isWanted: false },
  ]);
  expect(passed).toEqual(['one']);
  expect(await outcome).toEqual({ status: 'SUCCEEDED', result: 'onetwo' });
});

test('output and result are cut at MAX_TOOL_OUTPUT_BYTES, and the agent is told to stop sending output', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  gateway.model.script([run('a', { command: 'yes' })], [text('Done.')]);
  const seen = ask(['laptop']);
  const { dispatchId } = await laptop.take();

  let offset = 0;
  const answers: boolean[] = [];
  for (let piece = 0; piece < 4; piece += 1) {
    const { appendDispatchOutput } = (await laptop.print(dispatchId, offset, '€'.repeat(200))).data;
    offset = appendDispatchOutput.nextOffset;
    answers.push(appendDispatchOutput.isWanted);
  }
  await laptop.finish(dispatchId, { result: `${'a'.repeat(5_000)}${'z'.repeat(5_000)}` });

  expect(answers).toEqual([true, false, false, false]);
  const events = await seen;
  const shown = events.flatMap(({ __typename, text: piece = '' }) =>
    __typename === 'ToolOutputDelta' ? [piece] : [],
  );
  expect(shown.join('')).toBe(`${'€'.repeat(341)}\n[… more output, not shown live …]\n`);
  const result: string = toolEvents(events).at(-1)?.[3];
  expect(result).toMatch(/^a{480}\n\[… 9040 bytes cut …\]\nz{480}$/);
  expect(Buffer.byteLength(result)).toBeLessThanOrEqual(1_024);
});

test('a tool call that exceeds its time is cancelled on the node and fails with TIMEOUT', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  gateway.model.script([run('a', { command: 'sleep 9', timeout_ms: 1 })], [text('Slow.')]);
  const seen = ask(['laptop']);
  const { dispatchId } = await laptop.take();

  expect((await laptop.next('CancelDispatch'))['dispatchId']).toBe(dispatchId);
  expect(toolEvents(await seen).at(-1)).toMatchObject([
    'finished',
    'a',
    'FAILED',
    expect.any(String),
    'TIMEOUT',
    null,
  ]);
});
