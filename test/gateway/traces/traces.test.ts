import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runAgent } from '../../../src/agent/agent.ts';
import { openTemporaryFolder } from '../../support/files/temporary-folder.ts';
import { chat, chatDocument, collect, follow, until } from '../../support/gateway/chat.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { socketClient } from '../../support/gateway/sockets.ts';
import {
  approveCall,
  collectDeciding,
  createGuardedTools,
  startGuardedChat,
} from '../../support/gateway/tool-approval.ts';
import { type Collector, type SeenSpan, startCollector, treeOf } from '../../support/http/collector.ts';
import { silence, status, text, toolCall, usage } from '../../support/model/turn.ts';
import { connectionOf, createNodeSession, registerNode } from '../../support/node/nodes.ts';

let collector: Collector;

beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector[Symbol.asyncDispose]());

/** Spans are sent soon after they have ended. */
const soon = { OTEL_BSP_SCHEDULE_DELAY: '20' };

/** The trace of a client, which each test gives a number of its own, and the headers that say so. */
function traceOfClient(number: number, flags = '01') {
  const traceId = `4bf92f3577b34da6a3ce929d0e0e47${number}`;
  return {
    traceId,
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-${flags}`, tracestate: 'alice=1' },
  };
}

/** The spans of a trace, when as many as that have come. */
async function treeWith(count: number, traceId: string): Promise<string[]> {
  await expect.poll(() => treeOf(collector.spans, traceId)).toHaveLength(count);
  return treeOf(collector.spans, traceId);
}

const named = (name: string, traceId: string) => (span: SeenSpan) =>
  span.name === name && span.traceId === traceId;

describe('a gateway with traces', () => {
  const shared = shareScriptedGateway({
    settings: {
      ...soon,
      LOG_LEVEL: 'info',
      get OTEL_EXPORTER_OTLP_ENDPOINT() {
        return collector.url;
      },
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector-key',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    },
  });

  test('the trace of a client goes on through the request, the run, the model and the tool to the agent of the node, without a text of any of them', async () => {
    const gateway = shared();
    const { traceId, headers } = traceOfClient(10);
    await using folder = await openTemporaryFolder();
    const token = await registerNode(gateway, 'laptop');
    const stop = new AbortController();
    const env = { PATH: process.env['PATH'], OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...soon };
    const machine = { workspace: folder.path, maxDispatches: 4, name: 'laptop', version: '1', env };
    const agent = runAgent({ gateway: gateway.url, token, ...machine, print: () => {} }, stop.signal);
    await expect.poll(() => connectionOf(gateway, 'laptop')).toBe('ONLINE');
    gateway.model.script(
      [text('Private words'), toolCall('call-1', 'run_command', { command: 'echo private-argument' })],
      [text('Private end'), usage({ input: 12, output: 3, cached: 8 })],
    );
    const sessionId = await createNodeSession(gateway, ['laptop']);
    const seen = await collect(chat(gateway.client({ headers }), { sessionId, prompt: 'Private prompt' }));
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted' });

    expect(await treeWith(6, traceId)).toEqual([
      'switchyard: server POST /graphql/stream',
      '  switchyard: internal invoke_agent',
      '    switchyard: client chat scripted',
      '    switchyard: internal execute_tool run_command',
      '      switchyard-agent: server execute_tool run_command',
      '    switchyard: client chat scripted',
    ]);
    stop.abort();
    await agent;
    const spans = collector.spans.filter((span) => span.traceId === traceId);
    expect(spans.find(({ kind }) => kind === 'server')?.traceState).toBe('alice=1');
    // The model knows which span its request is.
    const asked = spans.filter(({ name }) => name === 'chat scripted');
    expect(
      gateway.model.requests.map(({ headers }) => [headers['traceparent'], headers['tracestate']]),
    ).toEqual(asked.map(({ spanId }) => [`00-${traceId}-${spanId}-01`, 'alice=1']));
    expect(await gateway.logged('run ended')).toMatchObject({
      trace_id: traceId,
      span_id: spans.find(({ name }) => name === 'invoke_agent')?.spanId,
    });
    expect(
      gateway.lines.filter(({ msg, trace_id }) => msg === 'request' && trace_id === traceId),
    ).toHaveLength(1);
    const attributes = (name: string) => collector.spans.find(named(name, traceId))?.attributes;
    expect(attributes('POST /graphql/stream')).toEqual({
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'http.route': '/graphql/stream',
      'url.path': '/graphql/stream',
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(gateway.url).port),
      'network.protocol.version': '1.1',
      'user_agent.original': 'node',
      'graphql.operation.type': 'subscription',
      'graphql.operation.name': 'Chat',
      'switchyard.root_fields': ['chat'],
    });
    expect(attributes('invoke_agent')).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.conversation.id': '1',
      'gen_ai.usage.input_tokens': 22,
      'gen_ai.usage.output_tokens': 8,
      'switchyard.run.id': 1,
      'switchyard.session.id': 1,
      'switchyard.run.status': 'COMPLETED',
    });
    expect(asked.at(-1)?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai-compatible',
      'gen_ai.request.model': 'scripted',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 12,
      'gen_ai.usage.cache_read.input_tokens': 8,
    });
    expect(attributes('execute_tool run_command')).toMatchObject({ 'gen_ai.tool.name': 'run_command' });
    expect(collector.keys).toContain('Bearer collector-key');
    const sent = collector.bodies.join();
    expect(sent).toContain('deployment.environment.name');
    for (const secret of ['rivate', 'collector-key', token, 'Bearer']) expect(sent).not.toContain(secret);
  });

  test('a `traceparent` that is not well-formed counts as none, and one that is not sampled is passed on and not sent', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    const { traceId, headers } = traceOfClient(11, '00');
    const wrong = [
      `00-${traceId}-0000000000000000-01`,
      `ff-${traceId}-00f067aa0ba902b7-01`,
      'x'.repeat(5_000),
    ];
    for (const traceparent of wrong) {
      const response = await fetch(`${gateway.url}/api/v1/nothing`, { headers: { traceparent } });
      expect(response.status).toBe(404);
    }
    const begun = () => collector.spans.filter(({ name }) => name === 'GET /api/v1/*');
    await expect.poll(begun).toHaveLength(wrong.length);
    for (const span of begun()) expect(span).toMatchObject({ parentSpanId: '', isError: false });
    gateway.model.script([text('Hi')]);
    await collect(chat(gateway.client({ headers }), { sessionId, prompt: 'Hi' }));
    expect(gateway.model.requests[0]?.headers['traceparent']).toMatch(
      new RegExp(`^00-${traceId}-\\w{16}-00$`),
    );
    expect(collector.spans.filter((span) => span.traceId === traceId)).toEqual([]);
  });

  test('each try of a request to a model has its span, and a run that fails says with which code', async () => {
    const gateway = shared();
    const { traceId, headers } = traceOfClient(12);
    const sessionId = await gateway.createSession();
    const words = { message: 'No, Private prompt is not allowed' };
    gateway.model.script([status(503)], [text('Hi')], [status(400, { error: words })]);
    const client = gateway.client({ headers });
    for (const prompt of ['Private prompt', 'Private prompt'])
      await collect(chat(client, { sessionId, prompt }));
    expect(await treeWith(7, traceId)).toEqual([
      'switchyard: server POST /graphql/stream',
      '  switchyard: internal invoke_agent',
      '    switchyard: client chat scripted (PROVIDER_UNAVAILABLE)',
      '    switchyard: client chat scripted',
      'switchyard: server POST /graphql/stream',
      '  switchyard: internal invoke_agent (PROVIDER_REJECTED)',
      '    switchyard: client chat scripted (PROVIDER_REJECTED)',
    ]);
  });

  test('a cancelled run ends its request to the model, and one that waited in the queue is in the trace of its own prompt', async () => {
    const gateway = shared();
    const [first, second] = [traceOfClient(13), traceOfClient(14)];
    const sessionId = await gateway.createSession();
    gateway.model.script([silence()], [text('Later')]);
    const ask = ({ headers }: typeof first) =>
      chat(gateway.client({ headers }), { sessionId, prompt: 'Hi', onBusy: 'ENQUEUE' });
    const live = ask(first);
    const { value: started } = await live.next();
    const cancelled = collect(live);
    await gateway.model.request(0);
    const queue = ask(second);
    const { value: queued } = await queue.next();
    expect(queued).toMatchObject({ __typename: 'RunQueued' });
    const later = collect(queue);
    await gateway.query('mutation ($id: ID!) { cancelRun(runId: $id) { cancelled } }', {
      id: started?.runId,
    });
    await Promise.all([cancelled, later]);
    expect(await treeWith(3, first.traceId)).toEqual([
      'switchyard: server POST /graphql/stream',
      '  switchyard: internal invoke_agent',
      '    switchyard: client chat scripted (CANCELLED)',
    ]);
    expect(await treeWith(3, second.traceId)).toEqual([
      'switchyard: server POST /graphql/stream',
      '  switchyard: internal invoke_agent',
      '    switchyard: client chat scripted',
    ]);
    const runSpan = await collector.span(named('invoke_agent', first.traceId));
    expect(runSpan.attributes['switchyard.run.status']).toBe('CANCELLED');
  });

  test('an operation over a WebSocket and one of a stream in single connection mode have spans of their own', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    gateway.model.script([text('Hi')], [text('Hi')]);
    const [overSocket, overStream] = [traceOfClient(15), traceOfClient(16)];
    const socket = socketClient(gateway.url);
    const extensions = overSocket.headers;
    const input = { sessionId, prompt: 'Hi' };
    for await (const _ of socket.iterate({ query: chatDocument, variables: { input }, extensions }));
    await socket.dispose();
    expect(await treeWith(3, overSocket.traceId)).toEqual([
      'switchyard: server subscription',
      '  switchyard: internal invoke_agent',
      '    switchyard: client chat scripted',
    ]);
    const opener = await collector.span(({ name }) => name === 'GET /graphql');
    const operation = await collector.span(named('subscription', overSocket.traceId));
    expect(operation.links).toEqual([{ traceId: opener.traceId, spanId: opener.spanId }]);
    expect(operation.attributes).toMatchObject({
      'graphql.operation.name': 'Chat',
      'switchyard.root_fields': ['chat'],
    });
    expect(opener.attributes['http.response.status_code']).toBe(101);

    const single = gateway.client({ singleConnection: true, headers: overStream.headers } as object);
    await collect(chat(single, input));
    single.dispose();
    await expect
      .poll(() => treeOf(collector.spans, overStream.traceId))
      .toContain('    switchyard: internal invoke_agent');
    const tree = treeOf(collector.spans, overStream.traceId);
    const post = tree.indexOf('  switchyard: server subscription');
    expect(tree[post - 1]).toBe('switchyard: server POST /graphql/stream');
    expect(tree[post + 1]).toBe('    switchyard: internal invoke_agent');
  });

  test('a span of REST is called by the template of its route, and health checks have none', async () => {
    const gateway = shared();
    const { traceId, headers } = traceOfClient(17);
    await fetch(`${gateway.url}/health/live`, { headers });
    await gateway.rest('/sessions/77?q=private', { headers });
    await gateway.rest('/sessions/77', { method: 'PROPFIND', headers });
    expect(await treeWith(2, traceId)).toEqual([
      'switchyard: server GET /api/v1/sessions/{session_id}',
      'switchyard: server HTTP /api/v1/*',
    ]);
    const span = await collector.span(named('GET /api/v1/sessions/{session_id}', traceId));
    expect(span.attributes).toMatchObject({
      'http.response.status_code': 404,
      'switchyard.operation_id': expect.any(String),
    });
  });

  test('a call of a tool that does not exist has a span without the name that the model made up', async () => {
    const gateway = shared();
    const { traceId, headers } = traceOfClient(18);
    gateway.model.script([toolCall('call-1', 'private_tool', {})], [text('Sorry')]);
    const sessionId = await gateway.createSession();
    await collect(chat(gateway.client({ headers }), { sessionId, prompt: 'Hi' }));
    expect(await treeWith(5, traceId)).toContain('    switchyard: internal execute_tool (UNKNOWN_TOOL)');
    expect(collector.bodies.join()).not.toContain('private_tool');
  });
});

test('the request for a title is in the trace of its answer, and what has ended is sent when the gateway closes', async () => {
  const { traceId, headers } = traceOfClient(19);
  {
    await using gateway = await startScriptedGateway({
      settings: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, SESSION_TITLES: 'model' },
    });
    gateway.model.script([text('Hi')], [text('A title')]);
    const sessionId = await gateway.createSession();
    await collect(chat(gateway.client({ headers }), { sessionId, prompt: 'Hi' }));
    const read = 'query ($id: ID!) { session(id: $id) { title } }';
    await expect
      .poll(() => gateway.query(read, { id: sessionId }))
      .toEqual({ session: { title: 'A title' } });
    expect(treeOf(collector.spans, traceId)).toEqual([]);
  }
  expect(treeOf(collector.spans, traceId)).toEqual([
    'switchyard: server POST /graphql/stream',
    '  switchyard: internal invoke_agent',
    '    switchyard: client chat scripted',
    '    switchyard: client chat scripted',
  ]);
});

test('a run that goes on at the next start has a span in each of the two traces', async () => {
  const { traceId, headers } = traceOfClient(20);
  await using folder = await openMigratedFolder();
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, DATA_DIR: folder.path };
  const session = await startGuardedChat(settings);
  session.model.script([toolCall('w', 'write', {})]);
  const client = session.client({ headers });
  const asking = chat(client, { sessionId: session.sessionId, prompt: 'Go' });
  const runId = (await until(asking, 'ToolApprovalRequested')).at(-1)?.runId ?? '';
  await session[Symbol.asyncDispose]();
  {
    await using next = await startScriptedGateway({ settings, tools: createGuardedTools() });
    next.model.script([text('Done')]);
    await collectDeciding(follow(next.client(), runId), (asked) => approveCall(next, asked));
  }
  expect(treeOf(collector.spans, traceId)).toEqual([
    'switchyard: server POST /graphql/stream',
    '  switchyard: internal invoke_agent',
    '    switchyard: client chat scripted',
  ]);
  const left = await collector.span(named('invoke_agent', traceId));
  expect(left.attributes).toMatchObject({ 'switchyard.run.status': 'LEFT' });
  const resumed = await collector.span(({ attributes }) => attributes['switchyard.run.resumed'] === true);
  expect(resumed.attributes['switchyard.run.id']).toBe(left.attributes['switchyard.run.id']);
  expect(treeOf(collector.spans, resumed.traceId)).toEqual([
    'switchyard: internal invoke_agent',
    '  switchyard: internal execute_tool write',
    '  switchyard: client chat scripted',
  ]);
});

test('a collector that refuses spans or does not answer holds up no chat and no stop, and the log says it once', async () => {
  await using refusing = await startCollector();
  refusing.answer((response) => void response.writeHead(500).end('private words'));
  const settings = { ...soon, OTEL_EXPORTER_OTLP_ENDPOINT: refusing.url, LOG_LEVEL: 'warn' };
  const gateway = await startScriptedGateway({ settings });
  const sessionId = await gateway.createSession();
  const ask = async () => {
    gateway.model.script([text('Hi')]);
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted' });
  };
  await ask();
  await gateway.logged('traces could not be sent');
  const taken = refusing.bodies.length;
  refusing.answer(() => {});
  await ask();
  await expect.poll(() => refusing.bodies.length).toBeGreaterThan(taken);
  await ask();
  await gateway[Symbol.asyncDispose]();
  const said = gateway.lines.filter(({ msg }) => msg.startsWith('traces'));
  expect(said.map(({ msg, reason }) => [msg, reason])).toEqual([
    ['traces could not be sent and are lost', 'the endpoint answered with the status 500'],
  ]);
});
