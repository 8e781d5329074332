import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent, until } from '../../support/gateway/chat.ts';
import { jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import {
  approveCall,
  approveCallAs,
  collectDeciding,
  setToolApproval,
} from '../../support/gateway/tool-approval.ts';
import { beginWatch, watch } from '../../support/gateway/watch.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import type { NodeClient } from '../../support/node/node-client.ts';
import { createNodeSession } from '../../support/node/nodes.ts';
import { startOwnNode } from '../nodes/own-node.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScriptedGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const grantsOf = `query ($id: ID!) { session(id: $id) { grants {
  id toolName args grantedBy node { nodeId }
} } }`;
const revoke = 'mutation ($id: ID!) { revokeGrant(id: $id) { id grants { id } } }';
const detach = 'mutation ($id: ID!) { detachNode(sessionId: $id, nodeId: "laptop") { grants { id } } }';

async function listGrants(sessionId: string) {
  return (await gateway.query(grantsOf, { id: sessionId })).session.grants;
}

const make = toolCall('m', 'run_command', { command: 'make' });

/** Takes the dispatches of a node and ends them, until the node leaves. Returns the commands that ran. */
function work(node: NodeClient): unknown[] {
  const ran: unknown[] = [];
  void (async () => {
    for (;;) {
      const { dispatchId, args } = await node.take();
      ran.push(args);
      await node.finish(dispatchId, { result: 'built' });
    }
  })().catch(() => undefined);
  return ran;
}

/** Plays a run whose model makes these calls in one step. Returns what was asked and decided, in short form. */
async function play(
  sessionId: string,
  calls: ReturnType<typeof toolCall>[],
  decide: (asked: SeenRunEvent) => unknown = () => {
    throw new Error('Nobody should be asked.');
  },
): Promise<string[]> {
  gateway.model.script(calls, [text('Done.')]);
  const seen = await collectDeciding(chat(gateway.client(), { sessionId, prompt: 'Build it' }), decide);
  expect(seen.at(-1)?.__typename).toBe('RunCompleted');
  return seen.flatMap(({ __typename, callId, decision, decidedBy, byGrant }) => {
    if (__typename === 'ToolApprovalRequested') return [`${callId} asks`];
    if (__typename !== 'ToolApprovalDecided') return [];
    return [`${callId} ${decision} by ${byGrant ? 'a grant of ' : ''}${decidedBy}`];
  });
}

const remember = (scope: 'EXACT' | 'TOOL') => async (asked: SeenRunEvent) => {
  expect((await approveCallAs(gateway, asked, { remember: scope })).errors).toBeUndefined();
};

const asksOnce = ['m asks', 'm APPROVED by anonymous'];
const byGrant = ['m APPROVED by a grant of anonymous'];

describe('an approval that is remembered', () => {
  test('EXACT holds for the same tool with the same arguments on the same node, and for nothing else', async () => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    await using server = await startOwnNode(gateway, 'server');
    const [ran, ranOnServer] = [work(laptop), work(server)];
    const sessionId = await createNodeSession(gateway, ['laptop', 'server'], { toolApproval: 'ASK' });
    const on = (node: string, args: object) => toolCall('m', 'run_command', { ...args, node });

    const makeIt = { command: 'make', timeout_ms: 60_000 };
    expect(await play(sessionId, [on('laptop', makeIt)], remember('EXACT'))).toEqual(asksOnce);
    expect(await listGrants(sessionId)).toEqual([
      {
        id: expect.any(String),
        toolName: 'run_command',
        args: { ...makeIt, node: 'laptop' },
        grantedBy: 'anonymous',
        node: { nodeId: 'laptop' },
      },
    ]);
    const turned = { node: 'laptop', timeout_ms: 60_000, command: 'make' };
    expect(await play(sessionId, [toolCall('m', 'run_command', turned)])).toEqual(byGrant);
    const others = [
      toolCall('n', 'run_command', { ...makeIt, command: 'make clean', node: 'laptop' }),
      toolCall('o', 'run_command', { ...makeIt, node: 'server' }),
      toolCall('p', 'write_file', { path: 'a', content: 'b', node: 'laptop' }),
    ];
    const seen = await play(sessionId, others, (asked) => approveCall(gateway, asked));
    expect(seen.filter((each) => each.endsWith(' asks'))).toEqual(['n asks', 'o asks', 'p asks']);
    expect(ran).toHaveLength(4);
    expect(ranOnServer).toHaveLength(1);
  });

  test('TOOL holds for every call of the tool on the nodes of the session, and not on one that is attached later', async () => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    await using server = await startOwnNode(gateway, 'server');
    for (const node of [laptop, server]) work(node);
    const sessionId = await createNodeSession(gateway, ['laptop'], { toolApproval: 'ASK' });

    expect(await play(sessionId, [make], remember('TOOL'))).toEqual(asksOnce);
    expect(await listGrants(sessionId)).toMatchObject([
      { toolName: 'run_command', args: null, node: { nodeId: 'laptop' } },
    ]);
    expect(await play(sessionId, [toolCall('m', 'run_command', { command: 'rm -r .' })])).toEqual(byGrant);
    const attach = 'mutation ($id: ID!) { attachNodes(sessionId: $id, nodeIds: ["server"]) { id } }';
    await gateway.query(attach, { id: sessionId });
    const elsewhere = toolCall('m', 'run_command', { command: 'make', node: 'server' });
    expect(await play(sessionId, [elsewhere], (asked) => approveCall(gateway, asked))).toEqual(asksOnce);
    expect(await play(sessionId, [elsewhere], remember('TOOL'))).toEqual(asksOnce);
    expect(await play(sessionId, [elsewhere])).toEqual(byGrant);
    expect(await listGrants(sessionId)).toHaveLength(2);
  });

  test('also approves the other calls that wait and that it covers, and everybody who watches is told', async () => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    const ran = work(laptop);
    const sessionId = await createNodeSession(gateway, ['laptop'], { toolApproval: 'ASK' });
    const after = await beginWatch(gateway);
    await using watching = watch(gateway, { after });
    const others = [
      toolCall('n', 'run_command', { command: 'make test' }),
      toolCall('w', 'write_file', { path: 'a', content: 'b' }),
    ];

    const waiting = new Map<unknown, SeenRunEvent>();
    const seen = await play(sessionId, [make, ...others], async (asked) => {
      waiting.set(asked['callId'], asked);
      if (waiting.size < 3) return;
      await remember('TOOL')(waiting.get('m') as SeenRunEvent);
      await approveCall(gateway, waiting.get('w') as SeenRunEvent);
    });

    expect(seen.slice(0, 3)).toEqual(['m asks', 'n asks', 'w asks']);
    expect(seen.slice(3).toSorted()).toEqual([
      'm APPROVED by anonymous',
      'n APPROVED by a grant of anonymous',
      'w APPROVED by anonymous',
    ]);
    expect(ran).toHaveLength(3);
    const told = (await watching.until('RunEnded')).map(({ __typename, callId }) => callId ?? __typename);
    expect(told.filter((each) => each === 'm' || each === 'n' || each === 'w').toSorted()).toEqual([
      'm',
      'm',
      'n',
      'n',
      'w',
      'w',
    ]);
    expect(told).toContain('SessionUpdated');
  });

  test('is stored in the call and in the run: who gave the grant, and that it was one', async () => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    work(laptop);
    const sessionId = await createNodeSession(gateway, ['laptop'], { toolApproval: 'ASK' });
    await play(sessionId, [make], remember('EXACT'));
    await play(sessionId, [make]);
    const data = await gateway.query(
      `query ($id: ID!) { session(id: $id) { messages(last: 4) { nodes {
        toolCalls { status decision decidedBy byGrant approvalExpiresAt }
      } } } }`,
      { id: sessionId },
    );
    const decided = { status: 'SUCCEEDED', decision: 'APPROVED', decidedBy: 'anonymous' };
    const calls = data.session.messages.nodes.flatMap(({ toolCalls }: { toolCalls: object[] }) => toolCalls);
    expect(calls).toEqual([
      { ...decided, byGrant: false, approvalExpiresAt: expect.any(String) },
      { ...decided, byGrant: true, approvalExpiresAt: null },
    ]);
  });

  test('does not count while the session denies such calls, and counts again afterwards', async () => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    const ran = work(laptop);
    const sessionId = await createNodeSession(gateway, ['laptop'], { toolApproval: 'ASK' });
    await play(sessionId, [make], remember('TOOL'));
    await setToolApproval(gateway, sessionId, 'DENY');
    expect(await play(sessionId, [make])).toEqual([]);
    expect(ran).toHaveLength(1);
    await setToolApproval(gateway, sessionId, 'ASK');
    expect(await play(sessionId, [make])).toEqual(byGrant);
  });

  test('does not count against the policy of the node', async () => {
    await using laptop = await startOwnNode(gateway, 'laptop', { checksCalls: true });
    const sessionId = await createNodeSession(gateway, ['laptop'], { toolApproval: 'ASK' });
    const first = play(sessionId, [make], remember('TOOL'));
    await laptop.answerCheck((await laptop.next('CheckDispatch'))['dispatchId']);
    await laptop.finish((await laptop.take())['dispatchId'], { result: 'built' });
    await first;

    const second = play(sessionId, [make]);
    const { dispatchId } = await laptop.next('CheckDispatch');
    await laptop.answerCheck(dispatchId, {
      errorCode: 'POLICY',
      result: 'The policy does not allow "make".',
    });
    expect(await second).toEqual([]);
    expect(JSON.stringify(gateway.model.requests.at(-1)?.body)).toContain('The policy does not allow');
  });
});

describe('a grant ends', () => {
  async function openGranted(nodes = ['laptop']) {
    const sessionId = await createNodeSession(gateway, nodes, { toolApproval: 'ASK' });
    await play(sessionId, [make], remember('TOOL'));
    const [grant] = await listGrants(sessionId);
    return { sessionId, grant };
  }
  const approve = (asked: SeenRunEvent) => approveCall(gateway, asked);

  test('when it is revoked, by any client that may see the session', async () => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    work(laptop);
    const { sessionId, grant } = await openGranted();
    const after = await beginWatch(gateway);
    await using watching = watch(gateway, { after });
    const node = await gateway.query('query ($id: ID!) { node(id: $id) { id __typename } }', {
      id: grant.id,
    });
    expect(node.node).toEqual({ id: grant.id, __typename: 'ToolGrant' });

    const revoked = await gateway.query(revoke, { id: grant.id });
    expect(revoked.revokeGrant).toEqual({ id: sessionId, grants: [] });
    expect(await watching.until('SessionUpdated')).toMatchObject([{ session: { id: sessionId } }]);
    expect(await play(sessionId, [make], approve)).toEqual(asksOnce);
    const again = await gateway.graphql(revoke, { id: grant.id });
    expect(again.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });

  test('when its node is detached, also if it is attached again', async () => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    work(laptop);
    const { sessionId } = await openGranted();
    const { session } = await gateway
      .query(detach, { id: sessionId })
      .then(({ detachNode }) => ({ session: detachNode }));
    expect(session.grants).toEqual([]);
    const attach = 'mutation ($id: ID!) { attachNodes(sessionId: $id, nodeIds: ["laptop"]) { id } }';
    await gateway.query(attach, { id: sessionId });
    expect(await play(sessionId, [make], approve)).toEqual(asksOnce);
  });

  test('when its node gets a new token, and those of other nodes stay', async () => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    await using server = await startOwnNode(gateway, 'server');
    for (const node of [laptop, server]) work(node);
    const sessionId = await createNodeSession(gateway, ['laptop', 'server'], { toolApproval: 'ASK' });
    const onServer = toolCall('m', 'run_command', { command: 'make', node: 'server' });
    await play(sessionId, [onServer], remember('TOOL'));
    expect(await listGrants(sessionId)).toHaveLength(2);
    const after = await beginWatch(gateway);
    await using watching = watch(gateway, { after });
    await gateway.query('mutation { rotateNodeToken(nodeId: "laptop") { token } }');
    await watching.until('SessionUpdated');
    expect(await listGrants(sessionId)).toMatchObject([{ node: { nodeId: 'server' } }]);
    expect(await play(sessionId, [onServer])).toEqual(byGrant);
  });

  test('when its node is deleted, also if another one is registered with its name', async () => {
    const sessionId = await createNodeSession(gateway, [], { toolApproval: 'ASK' });
    const attach = 'mutation ($id: ID!) { attachNodes(sessionId: $id, nodeIds: ["laptop"]) { id } }';
    for (const _time of [1, 2]) {
      await using laptop = await startOwnNode(gateway, 'laptop');
      work(laptop);
      await gateway.query(attach, { id: sessionId });
      expect(await listGrants(sessionId)).toEqual([]);
      expect(await play(sessionId, [make], remember('TOOL'))).toEqual(asksOnce);
      expect(await listGrants(sessionId)).toHaveLength(1);
    }
  });
});

describe('an approval with other arguments', () => {
  test('runs the call with them, and the model is told what it had called and what was made of it', async () => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    const ran = work(laptop);
    const sessionId = await createNodeSession(gateway, ['laptop'], { toolApproval: 'ASK' });
    gateway.model.script([make], [text('Done.')], [text('Yes.')]);
    const changed = { command: 'make test', cwd: 'sub' };
    const seen = await collectDeciding(chat(gateway.client(), { sessionId, prompt: 'Go' }), async (asked) => {
      const { data, errors } = await approveCallAs(gateway, asked, { args: changed });
      expect(errors).toBeUndefined();
      expect(data.toolCall).toMatchObject({ changedArgs: changed });
      // A client that missed the response may repeat its decision, and another decision is refused.
      expect((await approveCallAs(gateway, asked, { args: changed })).errors).toBeUndefined();
      expect((await approveCall(gateway, asked)).errors).toMatchObject([
        { message: 'This tool call is already approved with other arguments.' },
      ]);
    });
    await collect(chat(gateway.client(), { sessionId, prompt: 'Sure?' }));

    expect(ran).toEqual([changed]);
    expect(seen.find(({ __typename }) => __typename === 'ToolApprovalDecided')).toMatchObject({
      decision: 'APPROVED',
      byGrant: false,
      changedArgs: changed,
    });
    const stored = `query ($id: ID!) { run(id: $id) {
      assistantMessage { toolCalls { args changedArgs status result } }
    } }`;
    const { run } = await gateway.query(stored, { id: seen[0]?.runId });
    expect(run.assistantMessage.toolCalls).toEqual([
      { args: { command: 'make' }, changedArgs: changed, status: 'SUCCEEDED', result: 'built' },
    ]);
    for (const request of gateway.model.requests.slice(-2)) {
      const [, answer, result] = request.body['messages'] as Record<string, unknown>[];
      expect(answer).toMatchObject({ tool_calls: [{ function: { arguments: '{"command":"make"}' } }] });
      expect(result).toMatchObject({
        role: 'tool',
        content: `[The user changed the arguments of this call to ${JSON.stringify(changed)}.]\nbuilt`,
      });
    }
  });

  test('may name another node, and EXACT remembers what was approved and not what the model wrote', async () => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    await using server = await startOwnNode(gateway, 'server');
    const [ran, ranOnServer] = [work(laptop), work(server)];
    const sessionId = await createNodeSession(gateway, ['laptop', 'server'], { toolApproval: 'ASK' });
    const onLaptop = toolCall('m', 'run_command', { command: 'make', node: 'laptop' });
    const changed = { command: 'make', node: 'server' };

    await play(sessionId, [onLaptop], async (asked) => {
      const { data } = await approveCallAs(gateway, asked, { args: changed, remember: 'EXACT' });
      expect(data.toolCall).toMatchObject({ nodeId: 'server' });
    });

    expect([ran, ranOnServer]).toEqual([[], [{ command: 'make' }]]);
    expect(await listGrants(sessionId)).toMatchObject([{ args: changed, node: { nodeId: 'server' } }]);
    expect(await play(sessionId, [onLaptop], (asked) => approveCall(gateway, asked))).toEqual(asksOnce);
    expect(await play(sessionId, [toolCall('m', 'run_command', changed)])).toEqual(byGrant);
  });

  test('that are those of the model changes nothing', async () => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    work(laptop);
    const sessionId = await createNodeSession(gateway, ['laptop'], { toolApproval: 'ASK' });
    await play(sessionId, [make], async (asked) => {
      const { data } = await approveCallAs(gateway, asked, { args: { command: 'make' } });
      expect(data.toolCall.changedArgs).toBeNull();
    });
  });

  const deep = JSON.parse(`${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`);
  test.each([
    ['no object', ['make'], /^args: The arguments are not a JSON object/],
    ['a text with JSON in it', '{"command":"rm"}', /^args: The arguments are not a JSON object/],
    ['another type', { command: 7 }, /^args: The arguments are not what the tool expects. command: /],
    ['an unknown name', { command: 'make', sudo: true }, /^args: .*"sudo"/],
    ['an unknown node', { command: 'make', node: 'desk' }, /^args: .*node: expected one of laptop/],
    ['too many levels', { command: 'make', deep }, /levels deep/],
    ['too many values', { command: 'make', list: Array(15_000).fill([]) }, /more than 20000 values/],
  ])('are refused if they have %s, and the call waits on', async (_what, args, message) => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    const ran = work(laptop);
    const sessionId = await createNodeSession(gateway, ['laptop'], { toolApproval: 'ASK' });
    await play(sessionId, [make], async (asked) => {
      const { errors } = await approveCallAs(gateway, asked, { args, remember: 'TOOL' });
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
      expect(errors?.[0]?.message).toMatch(message);
      expect(await listGrants(sessionId)).toEqual([]);
      expect((await approveCall(gateway, asked)).errors).toBeUndefined();
    });
    expect(ran).toEqual([{ command: 'make' }]);
  });

  test('are refused if the policy of the node forbids them', async () => {
    await using laptop = await startOwnNode(gateway, 'laptop', { checksCalls: true });
    const sessionId = await createNodeSession(gateway, ['laptop'], { toolApproval: 'ASK' });
    gateway.model.script([make], [text('Done.')]);
    const seen = chat(gateway.client(), { sessionId, prompt: 'Go' });
    const asking = until(seen, 'ToolApprovalRequested');
    await laptop.answerCheck((await laptop.next('CheckDispatch'))['dispatchId']);
    const asked = (await asking).at(-1) as SeenRunEvent;
    const approving = approveCallAs(gateway, asked, { args: { command: 'rm -r .' } });
    const { dispatchId, args } = await laptop.next('CheckDispatch');
    expect(args).toEqual({ command: 'rm -r .' });
    await laptop.answerCheck(dispatchId, { errorCode: 'POLICY', result: 'No rm here.' });
    expect((await approving).errors).toMatchObject([
      { message: 'args: No rm here.', extensions: { code: 'BAD_USER_INPUT', field: 'args' } },
    ]);
    expect((await approveCall(gateway, asked)).errors).toBeUndefined();
    await laptop.finish((await laptop.take())['dispatchId'], { result: 'built' });
    await expect.poll(() => gateway.services.engine.liveRuns).toBe(0);
  });
});

test('arguments that are too long to be remembered are refused before anything is stored', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  work(laptop);
  const sessionId = await createNodeSession(gateway, ['laptop'], { toolApproval: 'ASK' });
  const long = toolCall('m', 'write_file', { path: 'a', content: 'x'.repeat(20_000) });
  await play(sessionId, [long], async (asked) => {
    const { errors } = await approveCallAs(gateway, asked, { remember: 'EXACT' });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: 'remember' } }]);
    await remember('TOOL')(asked);
  });
});

test('a user neither sees nor revokes the grants of another user', async () => {
  await using own = await startScriptedGateway({ settings: jwtSettings });
  const [alice, bob] = [own.as(await signJwt({ sub: 'alice' })), own.as(await signJwt({ sub: 'bob' }))];
  await using laptop = await startOwnNode({ ...own, ...alice }, 'laptop');
  work(laptop);
  const sessionId = await createNodeSession(alice, ['laptop'], { toolApproval: 'ASK' });
  own.model.script([make], [text('Done.')]);
  await collectDeciding(chat(alice.client(), { sessionId, prompt: 'Go' }), async (asked) => {
    expect((await approveCallAs(bob, asked, { remember: 'TOOL' })).errors).toMatchObject([
      { extensions: { code: 'NOT_FOUND' } },
    ]);
    expect((await approveCallAs(alice, asked, { remember: 'TOOL' })).errors).toBeUndefined();
  });
  const { grants } = (await alice.query(grantsOf, { id: sessionId })).session;
  expect(grants).toMatchObject([{ grantedBy: 'alice' }]);
  const id = grants[0].id;
  expect((await bob.graphql(revoke, { id })).errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  expect((await bob.query('query ($id: ID!) { node(id: $id) { id } }', { id })).node).toBeNull();
  expect((await alice.query(revoke, { id })).revokeGrant.grants).toEqual([]);
});
