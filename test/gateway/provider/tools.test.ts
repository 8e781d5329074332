import { afterEach, describe, expect, test } from 'vitest';
import { decodeId } from '../../../src/base/global-id.ts';
import { chat, chatDocument, collect } from '../../support/gateway/chat.ts';
import type { Format } from '../../support/gateway/model-gateway.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';
import { collectDeciding, denyCall } from '../../support/gateway/tool-approval.ts';
import type { ModelRequest } from '../../support/model/model-server.ts';
import { raw, text, toolCall } from '../../support/model/turn.ts';
import { createNodeSession, startNode } from '../../support/node/nodes.ts';

const formats: Format[] = ['openai', 'openai-responses', 'anthropic', 'google'];

interface Part {
  type?: string;
  functionResponse?: object;
  cache_control?: object;
}
interface WireMessage {
  role?: string;
  type?: string;
  content?: string | Part[];
  parts?: Part[];
}

/** The tool results that a request shows, as they are on the wire. */
function resultsIn({ body }: ModelRequest): object[] {
  const messages = (body['messages'] ?? body['contents'] ?? body['input']) as WireMessage[];
  return messages.flatMap((message): object[] => {
    if (message.role === 'tool' || message.type === 'function_call_output') return [message];
    const parts = message.parts ?? (Array.isArray(message.content) ? message.content : []);
    const results = parts.filter(
      (part) => part.type === 'tool_result' || part.functionResponse !== undefined,
    );
    return results.map(({ cache_control: _, ...part }) => part);
  });
}

/** A tool result as each wire format has it. Only Anthropic's says whether it is an error. */
function result(format: Format, id: string, name: string, content: string, isError = false): object {
  return {
    openai: { role: 'tool', tool_call_id: id, content },
    'openai-responses': { type: 'function_call_output', call_id: id, output: content },
    anthropic: { type: 'tool_result', tool_use_id: id, content, ...(isError && { is_error: true }) },
    google: { functionResponse: { id, name, response: { name, content } } },
  }[format];
}

describe.each(formats)('a model of %s with nodes', (format) => {
  const shared = shareModelGateway(format, { settings: { MAX_STEPS: '3' } });
  afterEach(async () => {
    const deleteNode = 'mutation ($nodeId: String!) { deleteNode(nodeId: $nodeId) { __typename } }';
    for (const nodeId of ['laptop', 'desk']) await shared().graphql(deleteNode, { nodeId });
  });

  test('a model calls tools on two nodes at once and is shown the results in the order of its calls', async () => {
    const gateway = shared();
    const { model } = gateway;
    await using laptop = await startNode(gateway, 'laptop');
    await using desk = await startNode(gateway, 'desk');
    const sessionId = await createNodeSession(gateway, ['laptop', 'desk']);
    model.script(
      [
        text('On both.'),
        toolCall('a', 'run_command', { command: 'hostname', node: 'laptop' }),
        toolCall('b', 'read_file', { path: 'notes.md', node: 'desk' }),
        toolCall('c', 'list_files', { node: 'laptop' }),
      ],
      [text('Done.')],
    );

    const answered = collect(chat(gateway.client(), { sessionId, prompt: 'Go' }));
    const [command, list, file] = [await laptop.take(), await laptop.take(), await desk.take()];
    await desk.finish(file['dispatchId'], { result: 'Buy milk.' });
    await laptop.finish(list['dispatchId'], { result: 'a.txt' });
    await laptop.finish(command['dispatchId'], { result: 'laptop\n', exitCode: 0 });

    expect((await answered).at(-1)).toMatchObject({ __typename: 'RunCompleted' });
    expect([command, list, file].map(({ tool, args }) => [tool, args])).toEqual([
      ['run_command', { command: 'hostname' }],
      ['list_files', {}],
      ['read_file', { path: 'notes.md' }],
    ]);
    expect(resultsIn(await model.request(1))).toEqual([
      result(format, 'a', 'run_command', 'laptop\n'),
      result(format, 'b', 'read_file', 'Buy milk.'),
      result(format, 'c', 'list_files', 'a.txt'),
    ]);
  });

  test('a model is told which arguments are wrong, and its corrected call runs', async () => {
    const gateway = shared();
    const { model } = gateway;
    await using laptop = await startNode(gateway, 'laptop');
    const sessionId = await createNodeSession(gateway, ['laptop']);
    model.script(
      [
        toolCall('a', 'run_command', { cmd: 'ls', timeout_ms: 'soon' }),
        toolCall('b', 'read_file', { path: 'a.txt', node: 'phone' }),
        toolCall('c', 'delete_everything', {}),
      ],
      [toolCall('d', 'run_command', { command: 'ls', timeout_ms: 1_000 })],
      [text('Done.')],
    );

    const answered = collect(chat(gateway.client(), { sessionId, prompt: 'Go' }));
    const { dispatchId, args, timeoutMs } = await laptop.take();
    await laptop.finish(dispatchId, { result: 'a.txt' });

    expect((await answered).at(-1)).toMatchObject({ __typename: 'RunCompleted' });
    expect([args, timeoutMs]).toEqual([{ command: 'ls' }, 1_000]);
    const told = resultsIn(await model.request(1));
    expect(told).toEqual([
      result(format, 'a', 'run_command', expect.stringMatching(/command: .*timeout_ms: .*"cmd"/s), true),
      result(format, 'b', 'read_file', expect.stringContaining('node: expected one of laptop'), true),
      result(format, 'c', 'delete_everything', expect.stringContaining('run_command, read_file'), true),
    ]);
    expect(resultsIn(await model.request(2)).slice(told.length)).toEqual([
      result(format, 'd', 'run_command', 'a.txt'),
    ]);
  });

  test('an integer beyond 2^53 in the arguments of a call keeps its digits everywhere', async () => {
    const gateway = shared();
    const { model } = gateway;
    await using _laptop = await startNode(gateway, 'laptop');
    const sessionId = await createNodeSession(gateway, ['laptop']);
    const digits = '12345678901234567890';
    const part = `{"functionCall":{"name":"find_order","args":{"id":${digits}}}}`;
    const call =
      format === 'google'
        ? raw(`data: {"candidates":[{"content":{"role":"model","parts":[${part}]}}]}\n\n`)
        : { ...toolCall('a', 'find_order', {}), fragments: ['{"id":1234567890', '1234567890}'] };
    model.script([call], [text('Done.')], [text('Again.')]);

    const prompt = { sessionId, prompt: 'Go' };
    const ask = async (path: string, accept: string, query: string, variables: object) => {
      const headers = { 'content-type': 'application/json', accept };
      const body = JSON.stringify({ query, variables });
      return (await fetch(gateway.url + path, { method: 'POST', headers, body })).text();
    };
    const streamed = await ask('/graphql/stream', 'text/event-stream', chatDocument, { input: prompt });
    const read = 'query ($id: ID!) { session(id: $id) { lastMessage { toolCalls { args } } } }';
    const stored = await ask('/graphql', 'application/json', read, { id: sessionId });
    const events = await ask('/graphql', 'text/event-stream', read, { id: sessionId });
    const rest = await (
      await fetch(`${gateway.url}/api/v1/sessions/${decodeId(sessionId)?.id}/messages`)
    ).text();
    await collect(chat(gateway.client(), { sessionId, prompt: 'Once more' }));

    for (const json of [streamed, stored, events, rest]) expect(json).toContain(`"args":{"id":${digits}}`);
    for (const index of [1, 2]) expect((await model.request(index)).text).toContain(digits);
  });

  test('a model is told which calls a node refuses, which fail there and which time out', async () => {
    const gateway = shared();
    const { model } = gateway;
    await using laptop = await startNode(gateway, 'laptop');
    const sessionId = await createNodeSession(gateway, ['laptop']);
    const commands = ['rm -rf /', 'false', 'sleep 99'];
    model.script(
      commands.map((command, index) => toolCall(`call-${index}`, 'run_command', { command })),
      [text('Oh.')],
    );

    const answered = collect(chat(gateway.client(), { sessionId, prompt: 'Go' }));
    const dispatchIds = [await laptop.take(), await laptop.take(), await laptop.take()].map(
      ({ dispatchId }) => dispatchId,
    );
    await laptop.finish(dispatchIds[0], { status: 'FAILED', errorCode: 'POLICY', result: 'rm is denied.' });
    await laptop.finish(dispatchIds[1], { status: 'FAILED', result: 'false says no', exitCode: 1 });
    await laptop.finish(dispatchIds[2], { status: 'TIMED_OUT', result: 'zzz' });

    const failures = (await answered).filter(({ __typename }) => __typename === 'ToolCallFinished');
    expect(new Map(failures.map(({ callId, errorCode }) => [callId, errorCode]))).toEqual(
      new Map([
        ['call-0', 'POLICY'],
        ['call-1', 'FAILED'],
        ['call-2', 'TIMEOUT'],
      ]),
    );
    expect(resultsIn(await model.request(1))).toEqual([
      result(format, 'call-0', 'run_command', 'rm is denied.', true),
      result(format, 'call-1', 'run_command', 'false says no\n[exit code 1]', true),
      result(format, 'call-2', 'run_command', expect.stringContaining('zzz'), true),
    ]);
  });

  test('a model is told that a call was denied, and why', async () => {
    const gateway = shared();
    const { model } = gateway;
    await using laptop = await startNode(gateway, 'laptop');
    const sessionId = await createNodeSession(gateway, ['laptop'], { toolApproval: 'ASK' });
    model.script([toolCall('a', 'run_command', { command: 'halt' })], [text('As you like.')]);

    const prompt = { sessionId, prompt: 'Go' };
    const seen = await collectDeciding(chat(gateway.client(), prompt), (asked) =>
      denyCall(gateway, asked, 'I am still working.'),
    );

    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted' });
    expect(resultsIn(await model.request(1))).toEqual([
      result(format, 'a', 'run_command', 'The user denied this call: I am still working.', true),
    ]);
    expect(laptop.commands.map(({ __typename }) => __typename)).toEqual(['InboxOpened']);
  });

  test('a model that never stops calling tools is stopped at MAX_STEPS, and its tool calls are kept', async () => {
    const gateway = shared();
    const { model } = gateway;
    await using laptop = await startNode(gateway, 'laptop');
    const sessionId = await createNodeSession(gateway, ['laptop']);
    model.otherwise(() => [toolCall(`call-${model.requests.length}`, 'list_files', {})]);

    const answered = collect(chat(gateway.client(), { sessionId, prompt: 'Go' }));
    for (let step = 1; step <= 3; step += 1) {
      await laptop.finish((await laptop.take())['dispatchId'], { result: `list ${step}` });
    }

    const failed = (await answered).at(-1);
    expect(failed).toMatchObject({ __typename: 'RunFailed', code: 'STEP_LIMIT' });
    expect(failed?.['message'].toolCalls).toMatchObject([
      { result: 'list 1' },
      { result: 'list 2' },
      { result: 'list 3' },
    ]);
    expect(model.requests).toHaveLength(3);
    expect(laptop.commands).toHaveLength(4);
  });
});
