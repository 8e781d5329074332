import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import type { GatewayApi } from '../../support/gateway/gateway-api.ts';
import { adminJwt, jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { countBytes } from '../../support/gateway/stored-bytes.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { connectNode } from '../../support/node/node-client.ts';
import { connectionOf, createNodeSession, registerNode } from '../../support/node/nodes.ts';

const attach = `mutation ($sessionId: ID!, $nodeIds: [String!]!, $userId: String) {
  attachNodes(sessionId: $sessionId, nodeIds: $nodeIds, userId: $userId) { nodes { node { nodeId userId } } }
}`;
const rotate = 'mutation ($nodeId: String!) { rotateNodeToken(nodeId: $nodeId) { token } }';
const remove =
  'mutation ($nodeId: String!, $userId: String) { deleteNode(nodeId: $nodeId, userId: $userId) { nodeId } }';
const find =
  'query ($nodeId: String!, $userId: String) { agentNode(nodeId: $nodeId, userId: $userId) { userId } }';

/** Users by JWT. Each test has its own names of nodes. */
let gateway: ScriptedGateway;
let alice: GatewayApi;
let bob: GatewayApi;
let carol: GatewayApi;
let tokens: { alice: string; bob: string; admin: string };
beforeAll(async () => {
  gateway = await startScriptedGateway({ settings: { ...jwtSettings, CANCEL_CONFIRM_MS: '0' } });
  tokens = {
    alice: await signJwt({ sub: 'alice' }),
    bob: await signJwt({ sub: 'bob' }),
    admin: await adminJwt('carol'),
  };
  [alice, bob, carol] = [gateway.as(tokens.alice), gateway.as(tokens.bob), gateway.as(tokens.admin)];
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** Registers a node of a user and connects a scripted agent for it. */
async function startNodeOf(api: GatewayApi, nodeId: string) {
  const node = connectNode(gateway.url, await registerNode(api, nodeId));
  await node.next('InboxOpened');
  return node;
}

const ownersIn = async (api: GatewayApi, sessionId: string): Promise<string[]> => {
  const query = 'query ($id: ID!) { session(id: $id) { nodes { node { userId } } } }';
  const { nodes } = (await api.query(query, { id: sessionId })).session;
  return nodes.map(({ node }: { node: { userId: string } }) => node.userId);
};

describe('two users who each have a node with the same name', () => {
  test('each user sees and uses only their own node, and a dispatch goes to the node of its session', async () => {
    await using hers = await startNodeOf(alice, 'laptop');
    await using his = await startNodeOf(bob, 'laptop');
    const command = (line: string) => toolCall(line, 'run_command', { command: line });
    gateway.model.script([command('hers')], [command('his')], [text('Done.')], [text('Done.')]);
    const herSession = await createNodeSession(alice, ['laptop']);
    const herRun = collect(chat(alice.client(), { sessionId: herSession, prompt: 'Work' }));
    const herDispatch = await hers.take();
    expect(herDispatch['args']).toEqual({ command: 'hers' });

    const hisSession = await createNodeSession(bob, ['laptop']);
    const hisRun = collect(chat(bob.client(), { sessionId: hisSession, prompt: 'Work' }));
    const hisDispatch = await his.take();
    expect(hisDispatch['args']).toEqual({ command: 'his' });

    // Neither agent can report a dispatch of its namesake.
    expect(await his.acknowledge(herDispatch['dispatchId'])).toBe(false);
    expect(await his.finish(herDispatch['dispatchId'], { result: 'stolen' })).toBe(false);
    expect(await his.beat([herDispatch['dispatchId']])).toEqual([herDispatch['dispatchId']]);
    const running = '{ agentNode(nodeId: "laptop") { userId runningDispatches } }';
    expect((await alice.query(running)).agentNode).toEqual({ userId: 'alice', runningDispatches: 1 });

    expect(await his.finish(hisDispatch['dispatchId'], { result: 'by bob' })).toBe(true);
    expect(JSON.stringify(await hisRun)).toContain('by bob');
    expect((await alice.query(running)).agentNode.runningDispatches).toBe(1);
    expect((await bob.query(running)).agentNode).toEqual({ userId: 'bob', runningDispatches: 0 });
    expect(await hers.finish(herDispatch['dispatchId'], { result: 'by alice' })).toBe(true);
    expect(JSON.stringify(await herRun)).toContain('by alice');
    expect(hers.commands.filter(({ __typename }) => __typename === 'RunDispatch')).toHaveLength(1);
  });

  test('connecting does not take over the inbox of the other, and a rotated, disabled or deleted node leaves the other online', async () => {
    await using hers = await startNodeOf(alice, 'desk');
    await using his = await startNodeOf(bob, 'desk');
    const herSession = await createNodeSession(alice, ['desk']);

    await bob.query(rotate, { nodeId: 'desk' });
    expect(await his.next('InboxClosed')).toMatchObject({ reason: 'TOKEN_REVOKED' });
    await bob.query(
      'mutation { updateNode(nodeId: "desk", input: { isActive: false, displayName: "Off" }) { id } }',
    );
    expect((await alice.query('{ agentNode(nodeId: "desk") { displayName isActive } }')).agentNode).toEqual({
      displayName: 'desk',
      isActive: true,
    });
    expect([await connectionOf(alice, 'desk'), await connectionOf(bob, 'desk')]).toEqual([
      'ONLINE',
      'OFFLINE',
    ]);
    await bob.query(remove, { nodeId: 'desk' });
    expect((await bob.query(find, { nodeId: 'desk' })).agentNode).toBeNull();
    expect((await bob.graphql(remove, { nodeId: 'desk' })).errors?.[0]?.extensions['code']).toBe('NOT_FOUND');

    expect(await hers.beat()).toEqual([]);
    expect(hers.commands.map(({ __typename }) => __typename)).toEqual(['InboxOpened']);
    expect(await ownersIn(alice, herSession)).toEqual(['alice']);
  });

  test('detaching a node cancels no dispatch of its namesake, and the followers of the other session are told nothing', async () => {
    await using hers = await startNodeOf(alice, 'phone');
    await using _his = await startNodeOf(bob, 'phone');
    const herSession = await createNodeSession(alice, ['phone']);
    const hisSession = await createNodeSession(bob, ['phone']);
    const events = alice.client().iterate({
      query: `subscription { sessionEvents(sessionId: "${herSession}") {
        __typename ... on SessionNodeChanged { sessionNode { node { userId } } }
      } }`,
    });
    const seen = events.next();
    gateway.model.script([toolCall('a', 'run_command', { command: 'ls' })], [text('Done.')]);
    const run = collect(chat(alice.client(), { sessionId: herSession, prompt: 'Work' }));
    const { dispatchId } = await hers.take();

    const detach = 'mutation ($id: ID!) { detachNode(sessionId: $id, nodeId: "phone") { id } }';
    await bob.query(detach, { id: hisSession });

    expect(await hers.finish(dispatchId, { result: 'fine' })).toBe(true);
    expect(JSON.stringify(await run)).toContain('fine');
    expect(JSON.stringify(await seen)).not.toContain('bob');
    await events.return?.(undefined);
  });

  test('a late result is stored only if it comes from the node of the dispatch, not from its namesake', async () => {
    await using hers = await startNodeOf(alice, 'late');
    await using his = await startNodeOf(bob, 'late');
    gateway.model.script([toolCall('a', 'run_command', { command: 'ls' })]);
    const sessionId = await createNodeSession(alice, ['late']);
    const runId = await alice.send({ sessionId, prompt: 'Work' });
    const { dispatchId } = await hers.take();
    await alice.query('mutation ($id: ID!) { cancelRun(input: { runId: $id }) { cancelled } }', {
      id: runId,
    });
    const stored = async () =>
      (await gateway.services.database.toolCall.findFirstOrThrow({ where: { dispatchId } })).result;

    await his.finish(dispatchId, { result: 'stolen' });
    expect(await stored()).not.toBe('stolen');
    await hers.finish(dispatchId, { result: 'it had ended' });
    expect(await stored()).toBe('it had ended');
    const bytes = await countBytes(gateway.services.database, sessionId);
    expect(bytes.counted).toBe(bytes.stored);
  });

  test('the run events of a tool call lead to the node that runs it', async () => {
    await using hers = await startNodeOf(alice, 'shown');
    await registerNode(bob, 'shown');
    gateway.model.script([toolCall('a', 'run_command', { command: 'ls' })], [text('Done.')]);
    const sessionId = await createNodeSession(alice, ['shown']);
    const runId = await alice.send({ sessionId, prompt: 'Work' });
    await hers.finish((await hers.take())['dispatchId']);

    const query = `subscription { runEvents(runId: "${runId}") {
      __typename ... on ToolCallStarted { nodeId node { userId } }
    } }`;
    for (const api of [alice, carol]) {
      const seen: unknown[] = [];
      for await (const { data } of api.client().iterate<{ runEvents: object }>({ query })) {
        seen.push(data?.runEvents);
      }
      expect(seen).toContainEqual({
        __typename: 'ToolCallStarted',
        nodeId: 'shown',
        node: { userId: 'alice' },
      });
    }
  });
});

describe('a name that another user has', () => {
  test('a user attaches and registers it for themselves, and learns nothing of the other user', async () => {
    await registerNode(alice, 'hers');
    const sessionId = await bob.createSession();

    expect((await bob.query(attach, { sessionId, nodeIds: ['hers'] })).attachNodes.nodes).toEqual([
      { node: { nodeId: 'hers', userId: 'bob' } },
    ]);
    expect((await bob.query('{ agentNode(nodeId: "hers") { isRegistered } }')).agentNode).toEqual({
      isRegistered: false,
    });
    await using his = await startNodeOf(bob, 'hers');
    expect(await connectionOf(bob, 'hers')).toBe('ONLINE');
    expect(await connectionOf(alice, 'hers')).toBe('OFFLINE');
    expect(his.commands).toHaveLength(1);

    await using desk = await startNodeOf(alice, 'attached-first');
    const created = await bob.createSession({ nodeIds: ['attached-first'] });
    expect(await ownersIn(bob, created)).toEqual(['bob']);
    expect(await ownersIn(carol, created)).toEqual(['bob']);
    expect(desk.commands).toHaveLength(1);
  });

  test('the legacy API creates a node for the user of the session, and detaches only that node', async () => {
    await registerNode(alice, 'legacy');
    const rest = async (method: string, path: string, body?: object) => {
      const response = await gateway.rest(path, {
        method,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.bob}` },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    };
    const session = await rest('POST', '/sessions', { user_id: 'bob' });
    const nodes = `/sessions/${session.body.id}/nodes`;
    const attached = await rest('POST', nodes, { node_ids: ['legacy'] });
    expect(attached.body.nodes).toMatchObject([{ node_id: 'legacy', connection: 'offline' }]);
    const count = (userId: string) =>
      gateway.services.database.agentNode.count({ where: { nodeId: 'legacy', userId } });
    expect([await count('alice'), await count('bob')]).toEqual([1, 1]);

    expect((await rest('DELETE', `${nodes}/legacy`)).status).toBe(200);
    expect([await count('alice'), await count('bob')]).toEqual([1, 0]);
  });
});

describe('an admin', () => {
  test('an admin means their own node, then the only other one, and names the user if several have one', async () => {
    const owner = async (nodeId: string, userId?: string) =>
      (await carol.query(find, { nodeId, userId })).agentNode?.userId;
    await registerNode(alice, 'tablet');
    expect(await owner('tablet')).toBe('alice');
    await registerNode(bob, 'tablet');
    const several = {
      message: 'Several users have a node "tablet": name one of them in userId.',
      extensions: { code: 'BAD_USER_INPUT', field: 'userId' },
    };
    for (const document of [find, remove, rotate]) {
      expect((await carol.graphql(document, { nodeId: 'tablet' })).errors?.[0]).toMatchObject(several);
    }
    expect([
      await owner('tablet', 'alice'),
      await owner('tablet', 'bob'),
      await owner('tablet', 'dave'),
    ]).toEqual(['alice', 'bob', undefined]);
    await registerNode(carol, 'tablet');
    expect(await owner('tablet')).toBe('carol');

    await carol.query(remove, { nodeId: 'tablet', userId: 'bob' });
    expect((await bob.query(find, { nodeId: 'tablet' })).agentNode).toBeNull();
    expect((await alice.query(find, { nodeId: 'tablet' })).agentNode).toEqual({ userId: 'alice' });
    const forbidden = await alice.graphql(remove, { nodeId: 'tablet', userId: 'carol' });
    expect(forbidden.errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
  });

  test('an admin who attaches a common name for a user does not bring the node of a stranger into the session', async () => {
    await registerNode(alice, 'common');
    const sessionId = await bob.createSession();
    await carol.query(attach, { sessionId, nodeIds: ['common'] });
    expect(await ownersIn(carol, sessionId)).toEqual(['bob']);
    const created = await carol.createSession({ userId: 'bob', nodeIds: ['common'] });
    expect(await ownersIn(carol, created)).toEqual(['bob']);

    await registerNode(carol, 'shared');
    await carol.query(attach, { sessionId, nodeIds: ['shared'] });
    expect(await ownersIn(carol, sessionId)).toEqual(['bob', 'carol']);
    // Bob sees that there is a node, and not whose it is.
    expect(await ownersIn(bob, sessionId)).toEqual(['bob', null]);
  });

  test('an admin attaches the node of another user by naming the user, unless the session has that name already', async () => {
    await registerNode(alice, 'lent');
    const sessionId = await bob.createSession();
    const lent = { sessionId, nodeIds: ['lent'], userId: 'alice' };
    expect((await alice.graphql(attach, lent)).errors?.[0]?.extensions['code']).toBe('NOT_FOUND');
    expect((await bob.graphql(attach, lent)).errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    await carol.query(attach, lent);
    await carol.query(attach, lent);
    expect(await ownersIn(carol, sessionId)).toEqual(['alice']);

    const again = await carol.graphql(attach, { ...lent, userId: 'carol' });
    expect(again.errors?.[0]).toMatchObject({
      message: 'nodeIds: the session has a node "lent" of another user; detach it first.',
      extensions: { code: 'CONFLICT', field: 'nodeIds' },
    });
    // The name means the node that the session has, also after its user has registered one.
    await registerNode(bob, 'lent');
    await bob.query(attach, { sessionId, nodeIds: ['lent'] });
    expect(await ownersIn(carol, sessionId)).toEqual(['alice']);
    const own = await carol.createSession({ nodeIds: ['hers'] });
    expect(await ownersIn(carol, own)).toHaveLength(1);
  });
});

test('with AUTH=none a name is one node for the sessions of all users, as long as no user is named', async () => {
  await using open = await startScriptedGateway();
  const first = await open.createSession({ userId: 'alice', nodeIds: ['laptop'] });
  const second = await open.createSession({ userId: 'bob', nodeIds: ['laptop'] });
  const token = await registerNode(open, 'laptop');
  await using node = connectNode(open.url, token);
  await node.next('InboxOpened');
  const third = await open.createSession({ userId: 'carol', nodeIds: ['laptop'] });

  expect(await open.services.database.agentNode.count()).toBe(1);
  const again = await open.graphql('mutation { registerNode(input: { nodeId: "laptop" }) { token } }');
  expect(again.errors?.[0]?.extensions['code']).toBe('CONFLICT');
  const connected = 'query ($id: ID!) { session(id: $id) { nodes { connection } } }';
  for (const id of [first, second, third]) {
    expect((await open.query(connected, { id })).session.nodes).toEqual([{ connection: 'ONLINE' }]);
  }
  expect((await open.query('{ agentNode(nodeId: "laptop") { userId } }')).agentNode.userId).toBe('alice');

  await open.query('mutation { registerNode(input: { nodeId: "laptop", userId: "bob" }) { token } }');
  const fourth = await open.createSession({ userId: 'bob', nodeIds: ['laptop'] });
  expect(await ownersIn(open, fourth)).toEqual(['bob']);
});
