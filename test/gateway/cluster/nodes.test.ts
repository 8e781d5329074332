import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeId } from '../../../src/base/global-id.ts';
import { chat, collect, follow, type SeenRunEvent, until } from '../../support/gateway/chat.ts';
import { openScriptedCluster, type ScriptedCluster } from '../../support/gateway/cluster.ts';
import type { TestGateway } from '../../support/gateway/gateway.ts';
import { text } from '../../support/model/turn.ts';
import { endsOf, outputOf, run } from '../../support/node/agent-calls.ts';
import { connectNode, type NodeClientOptions } from '../../support/node/node-client.ts';
import { connectionOf, createNodeSession, registerNode } from '../../support/node/nodes.ts';
import { describeWithServers } from '../../support/process/servers.ts';

describeWithServers('a node that is connected to another gateway than its run', () => {
  let cluster: ScriptedCluster;
  /** Has the runs, the inboxes of the nodes, and the reports of their agents. */
  let [runs, inboxes, reports] = [] as unknown as [TestGateway, TestGateway, TestGateway];
  beforeAll(async () => {
    // No span is sent, and all are passed on.
    const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_SAMPLER: 'always_off' };
    const limits = { MAX_TOOL_OUTPUT_BYTES: '1024', CANCEL_CONFIRM_MS: '1000' };
    cluster = await openScriptedCluster({ ...traces, ...limits });
    [runs, inboxes, reports] = await Promise.all([cluster.start(), cluster.start(), cluster.start()]);
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  /** Connects the agent of a new node to `inboxes`; it reports to `reports`. */
  async function startFarNode(nodeId: string, options: NodeClientOptions = {}) {
    const token = await registerNode(runs, nodeId);
    const node = connectNode(inboxes.url, token, { reportsTo: reports.url, ...options });
    await node.next('InboxOpened');
    return Object.assign(node, { token });
  }
  async function work(nodeId: string, input: object = {}) {
    const sessionId = await createNodeSession(runs, [nodeId], input);
    const seen = chat(runs.client(), { sessionId, prompt: 'Work' });
    return { sessionId, seen };
  }
  const calls = (...steps: ReturnType<typeof run>[]) => cluster.model.script(steps, [text('Done.')]);

  test('is asked to run a call, and its output and result arrive, each once and in order', async () => {
    await using node = await startFarNode('laptop');
    calls(run('ls'));
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4730';
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    const sessionId = await createNodeSession(runs, ['laptop']);
    const all = collect(chat(runs.client({ headers }), { sessionId, prompt: 'Work' }));
    const { dispatchId, ...dispatch } = await node.take();
    expect(dispatch).toMatchObject({ tool: 'run_command', args: { command: 'ls' }, toolApproval: 'AUTO' });
    expect(dispatch['traceparent']).toMatch(new RegExp(`^00-${traceId}-\\w{16}-00$`));
    let offset = 0;
    for (let n = 0; n < 15; n += 1) {
      const piece = `line ${n}\n`;
      const { data } = await node.print(dispatchId, offset, piece);
      // A piece that comes twice is shown once.
      await node.print(dispatchId, offset, piece);
      offset = data.appendDispatchOutput.nextOffset;
    }
    expect((await node.print(dispatchId, offset + 5, 'x')).errors?.[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      nextOffset: offset,
    });
    expect(await node.finish(dispatchId, { result: 'listed', exitCode: 0 })).toBe(true);
    expect(await node.finish(dispatchId, { result: 'listed', exitCode: 0 })).toBe(true);
    const events = await all;
    expect(outputOf(events)).toBe(Array.from({ length: 15 }, (_, n) => `line ${n}\n`).join(''));
    expect(endsOf(events)['a']).toMatchObject({ status: 'SUCCEEDED', result: 'listed', exitCode: 0 });
  });

  test('shows no more output than MAX_TOOL_OUTPUT_BYTES, and says so to the agent', async () => {
    await using node = await startFarNode('talker');
    calls(run('yes'));
    const all = collect((await work('talker')).seen);
    const { dispatchId } = await node.take();
    const { data } = await node.print(dispatchId, 0, 'y'.repeat(5_000));
    expect(data.appendDispatchOutput).toEqual({ nextOffset: 5_000, isWanted: false });
    await node.finish(dispatchId);
    expect(outputOf(await all)).toBe(`${'y'.repeat(1_024)}\n[… more output, not shown live …]\n`);
  });

  test('is seen as it is on every gateway', async () => {
    await using node = await startFarNode('seen', { maxDispatches: 1 });
    for (const gateway of [runs, inboxes, reports])
      expect(await connectionOf(gateway, 'seen')).toBe('ONLINE');
    calls(run('ls'));
    const { sessionId, seen } = await work('seen');
    const all = collect(seen);
    const { dispatchId } = await node.take();
    await expect.poll(() => connectionOf(runs, 'seen')).toBe('BUSY');
    await node.beat([dispatchId]);
    const query = `{ agentNode(nodeId: "seen") { runningDispatches lastSeenAt stats { cpuPercent } } }`;
    await expect
      .poll(async () => (await runs.query(query)).agentNode)
      .toMatchObject({ runningDispatches: 1, lastSeenAt: expect.any(String), stats: { cpuPercent: 12.5 } });
    await node.finish(dispatchId);
    await all;
    const status = await (await runs.rest(`/sessions/${decodeId(sessionId)?.id}/nodes`)).json();
    expect(status.nodes).toMatchObject([{ node_id: 'seen', connection: 'online' }]);
    node.leave();
    await expect.poll(() => connectionOf(reports, 'seen')).toBe('OFFLINE');
  });

  test('is told to stop when the run is cancelled', async () => {
    await using node = await startFarNode('stops');
    cluster.model.script([run('sleep')]);
    const { seen } = await work('stops');
    const first = (await seen.next()).value as SeenRunEvent;
    const all = collect(seen);
    const { dispatchId } = await node.take();
    const cancelled = reports.query(
      'mutation ($id: ID!) { cancelRun(input: { runId: $id }) { cancelled } }',
      {
        id: first.runId,
      },
    );
    expect((await node.next('CancelDispatch'))['dispatchId']).toBe(dispatchId);
    await node.finish(dispatchId, { status: 'CANCELLED', result: 'stopped' });
    expect((await cancelled).cancelRun).toEqual({ cancelled: true });
    expect(endsOf(await all)['a']).toMatchObject({ status: 'CANCELLED', stopped: true, result: 'stopped' });
  });

  test('is asked whether it would refuse a call, before a person is', async () => {
    await using node = await startFarNode('strict', { checksCalls: true });
    calls(run('rm'));
    const { seen } = await work('strict', { toolApproval: 'ASK' });
    const all = collect(seen);
    const check = await node.next('CheckDispatch');
    expect(check).toMatchObject({ tool: 'run_command', args: { command: 'rm' } });
    await node.answerCheck(check['dispatchId'], { errorCode: 'POLICY', result: 'Not here.' });
    expect(endsOf(await all)['a']).toMatchObject({ errorCode: 'POLICY', result: 'Not here.' });
  });

  test('withdraws the question to a person when another process of its agent would refuse the call', async () => {
    const node = await startFarNode('anew', { checksCalls: true });
    calls(run('rm'));
    const { seen } = await work('anew', { toolApproval: 'ASK' });
    const asked = until(seen, 'ToolApprovalRequested');
    const check = await node.next('CheckDispatch');
    await node.answerCheck(check['dispatchId']);
    const last = (await asked).at(-1);
    const all = collect(follow(reports.client(), last?.runId ?? '', last?.seq));
    await node[Symbol.asyncDispose]();
    await using next = connectNode(reports.url, node.token, { checksCalls: true });
    const again = await next.next('CheckDispatch');
    await next.answerCheck(again['dispatchId'], { errorCode: 'POLICY', result: 'Not any more.' });
    expect(endsOf(await all)['a']).toMatchObject({ errorCode: 'POLICY', result: 'Not any more.' });
  });

  test('goes on with its calls when its agent connects to another gateway', async () => {
    const node = await startFarNode('moves');
    calls(run('make'));
    const { seen } = await work('moves');
    const all = collect(seen);
    const { dispatchId } = await node.take();
    await node.print(dispatchId, 0, 'before ');
    const { instanceId, token } = node;
    node.leave();
    await using moved = connectNode(reports.url, token, {
      ...{ instanceId, running: [dispatchId], reportsTo: runs.url },
    });
    expect((await moved.next('InboxOpened'))['unknownDispatchIds']).toEqual([]);
    await expect.poll(() => moved.acknowledge(dispatchId).catch(() => false)).toBe(true);
    // The agent does not know whether its last piece has arrived.
    await moved.print(dispatchId, 3, 'ore after');
    expect(await moved.finish(dispatchId, { result: 'made' })).toBe(true);
    const events = await all;
    expect(outputOf(events)).toBe('before after');
    expect(endsOf(events)['a']).toMatchObject({ status: 'SUCCEEDED', result: 'made' });
    expect(moved.commands.filter(({ __typename }) => __typename === 'RunDispatch')).toEqual([]);
    expect(await connectionOf(inboxes, 'moves')).toBe('ONLINE');
  });

  test('gets a call again that it had not seen when it moved, under the same id', async () => {
    const node = await startFarNode('unseen');
    calls(run('make'));
    const all = collect((await work('unseen')).seen);
    const { dispatchId } = await node.next('RunDispatch');
    const { instanceId, token } = node;
    node.leave();
    await using moved = connectNode(reports.url, token, { instanceId, reportsTo: inboxes.url });
    expect((await moved.take())['dispatchId']).toBe(dispatchId);
    await moved.finish(dispatchId);
    expect(endsOf(await all)['a']).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('loses a call whose agent is started anew, and nobody guesses how it ended', async () => {
    const node = await startFarNode('dies');
    calls(run('make'));
    const all = collect((await work('dies')).seen);
    await node.take();
    node.leave();
    await using anew = connectNode(reports.url, node.token);
    await anew.next('InboxOpened');
    expect(endsOf(await all)['a']).toMatchObject({
      status: 'FAILED',
      errorCode: 'NODE_OFFLINE',
      result: 'The agent of the node was started anew. It is not known whether the tool ran to its end.',
    });
    expect(anew.commands.map(({ __typename }) => __typename)).toEqual(['InboxOpened']);
  });

  test('has one inbox: a second agent on another gateway takes it over', async () => {
    await using node = await startFarNode('twice');
    await using second = connectNode(reports.url, node.token);
    await second.next('InboxOpened');
    expect(await node.next('InboxClosed')).toMatchObject({ reason: 'TAKEN_OVER' });
    await node.ended;
    expect(await connectionOf(runs, 'twice')).toBe('ONLINE');
  });

  test('stops what it runs for a session when a third gateway detaches it', async () => {
    await using node = await startFarNode('detached');
    calls(run('make'));
    const { sessionId, seen } = await work('detached');
    const all = collect(seen);
    const { dispatchId } = await node.take();
    const detach = `mutation ($id: ID!) { detachNode(sessionId: $id, nodeId: "detached") { id } }`;
    await reports.query(detach, { id: sessionId });
    await node.next('CancelDispatch');
    await node.finish(dispatchId, { status: 'CANCELLED', result: 'stopped' });
    expect(endsOf(await all)['a']).toMatchObject({ status: 'CANCELLED', stopped: true });
  });

  test.each([
    ['rotateNodeToken(nodeId: "removed") { token }', 'TOKEN_REVOKED'],
    ['updateNode(nodeId: "removed", input: { isActive: false }) { id }', 'NODE_DISABLED'],
    ['deleteNode(nodeId: "removed") { nodeId }', 'NODE_DELETED'],
  ])('is disconnected by %s on another gateway', async (mutation, reason) => {
    await reports.graphql('mutation { deleteNode(nodeId: "removed") { nodeId } }');
    await using node = await startFarNode('removed');
    const { errors } = await reports.graphql(`mutation { ${mutation} }`);
    expect(errors).toBeUndefined();
    expect(await node.next('InboxClosed')).toMatchObject({ reason });
    await expect.poll(() => connectionOf(runs, 'removed').catch(() => 'gone')).toMatch(/OFFLINE|gone/);
  });

  test('goes on when its gateway stops and its agent connects elsewhere', async () => {
    const leaving = await cluster.start();
    const token = await registerNode(runs, 'rolling');
    const node = connectNode(leaving.url, token, { reportsTo: reports.url });
    await node.next('InboxOpened');
    calls(run('make'));
    const all = collect((await work('rolling')).seen);
    const { dispatchId } = await node.take();
    await leaving[Symbol.asyncDispose]();
    await node.ended.catch(() => undefined);
    // Between two gateways, a result is not taken by anybody.
    await expect(node.finish(dispatchId, { result: 'made' })).rejects.toMatchObject({ code: 'OVERLOADED' });
    await using moved = connectNode(inboxes.url, token, {
      ...{ instanceId: node.instanceId, running: [dispatchId] },
    });
    expect((await moved.next('InboxOpened'))['unknownDispatchIds']).toEqual([]);
    await expect.poll(() => moved.finish(dispatchId, { result: 'made' }).catch(() => false)).toBe(true);
    expect(endsOf(await all)['a']).toMatchObject({ status: 'SUCCEEDED', result: 'made' });
  });
});
