import { getNamedType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../../src/schema/index.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import type { GatewayApi } from '../../support/gateway/gateway-api.ts';
import { jwtSettings } from '../../support/gateway/jwt.ts';
import {
  type Belongings,
  createBelongings,
  createTokens,
  type Tokens,
} from '../../support/gateway/owned-world.ts';
import { registerNode } from '../../support/node/nodes.ts';

/** Types whose objects belong to somebody. */
const owned = [
  'Session',
  'Message',
  'Run',
  'AgentNode',
  'SessionNode',
  'Workspace',
  'ToolCall',
  'MessageAudio',
];

/**
 * Why each field below the root types that leads to such an object leads to one of the same user. `row`: a row
 * points to it, and never to another one; `log`: its id was logged for that session; `looked up`: it is found
 * by a name that may change hands, among the viewer's own; `argument`: the root field has checked it.
 */
const edges: Record<string, 'row' | 'log' | 'looked up' | 'argument'> = {
  'Session.lastMessage': 'row',
  'Session.activeRun': 'row',
  'Session.lastRun': 'row',
  'Session.nodes': 'row',
  'Session.workspace': 'row',
  'SessionEdge.node': 'row',
  'Message.session': 'row',
  'Message.run': 'row',
  'Message.toolCalls': 'row',
  'Message.audio': 'row',
  'MessageEdge.node': 'row',
  'Run.session': 'row',
  'Run.userMessage': 'row',
  'Run.assistantMessage': 'row',
  'SessionNode.node': 'row',
  'AgentNodeEdge.node': 'row',
  'CancelReceipt.run': 'argument',
  'CancelReceipt.message': 'argument',
  'CancelReceipt.toolCalls': 'argument',
  'NodeToken.node': 'argument',
  'InboxOpened.node': 'argument',
  'RunQueued.run': 'log',
  'RunStarted.run': 'log',
  'RunStarted.session': 'log',
  'RunStarted.userMessage': 'log',
  'RunCompleted.message': 'log',
  'RunCancelled.message': 'log',
  'RunCancelled.toolCalls': 'log',
  'RunFailed.message': 'log',
  'RunEnded.run': 'log',
  'MessageAdded.message': 'log',
  'HistoryCleared.session': 'log',
  'SessionUpdated.session': 'log',
  'SessionNodeChanged.sessionNode': 'log',
  'ToolCallStarted.node': 'looked up',
  'ToolApprovalRequested.node': 'looked up',
};

const roots = ['Query', 'Mutation', 'Subscription'];

test('every field that leads to something of somebody’s is known here', () => {
  const leading = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !roots.includes(name))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => owned.includes(getNamedType(field.type).name))
        .map((field) => `${type.name}.${field.name}`),
    );
  expect(Object.keys(edges).sort()).toEqual(leading.sort());
});

const everything = `query ($session: ID!) { session(id: $session) {
  userId lastRun { userMessage { session { userId } run { session { userId } } } assistantMessage { session { userId } } }
  activeRun { session { userId } }
  lastMessage { run { session { userId lastMessage { session { userId } } } } }
  messages { edges { node { session { userId messages { edges { node { run { session { userId } } } } } } } } }
  nodes { node { nodeId } }
} }`;

let gateway: TestGateway;
let tokens: Tokens;
let bobs: Belongings;
let bob: GatewayApi;
let alice: GatewayApi;

beforeAll(async () => {
  gateway = await startTestGateway({ settings: jwtSettings });
  tokens = await createTokens(gateway);
  [alice, bob] = [gateway.as(tokens.alice), gateway.as(tokens.bob)];
  await createBelongings(gateway, tokens.alice);
  bobs = await createBelongings(gateway, tokens.bob);
});
afterAll(() => gateway[Symbol.asyncDispose]());

test('whatever way bob goes from what is his, all that he comes to is his', async () => {
  const found = JSON.stringify(await bob.query(everything, { session: bobs.session }));
  const users = [...found.matchAll(/"userId":"(\w+)"/g)].map(([, userId]) => userId);
  expect(users.length).toBeGreaterThan(10);
  expect(new Set(users)).toEqual(new Set(['bob']));
  expect(found).toContain(`{"nodeId":"${bobs.nodeId}"}`);
});

describe('the name of a node', () => {
  const attach = `mutation ($sessionId: ID!, $nodeIds: [String!]!) {
    attachNodes(sessionId: $sessionId, nodeIds: $nodeIds) { nodes { node { nodeId } } }
  }`;

  test('that is another user’s cannot be attached, nor registered, and no more is told', async () => {
    await registerNode(alice, 'hers');
    const taken = { extensions: { code: 'CONFLICT' } };

    const attached = await bob.graphql(attach, { sessionId: bobs.session, nodeIds: ['his', 'hers'] });
    expect(attached.errors?.[0]).toMatchObject({ ...taken, message: 'nodeIds: "hers" is taken.' });
    const created = await bob.graphql('mutation { createSession(input: { nodeIds: ["hers"] }) { id } }');
    expect(created.errors?.[0]).toMatchObject({ ...taken, message: 'nodeIds: "hers" is taken.' });
    const again = await bob.graphql('mutation { registerNode(input: { nodeId: "hers" }) { token } }');
    expect(again.errors?.[0]).toMatchObject({ ...taken, message: 'The nodeId "hers" is taken.' });

    // Nothing of it was done.
    expect((await bob.query('{ agentNode(nodeId: "his") { id } }')).agentNode).toBeNull();
  });

  test('that one user has attached is not for another one to register', async () => {
    const session = await alice.createSession();
    await alice.query(attach, { sessionId: session, nodeIds: ['later'] });

    const { errors } = await bob.graphql('mutation { registerNode(input: { nodeId: "later" }) { token } }');

    expect(errors?.[0]?.extensions['code']).toBe('CONFLICT');
    expect(await registerNode(alice, 'later')).toMatch(/^swn_/);
  });

  test('that a user was first to use does not give them the machine that an admin registers', async () => {
    const admin = gateway.as(tokens.admin);
    await bob.query(attach, { sessionId: bobs.session, nodeIds: ['prod'] });
    const register = (input: string) =>
      `mutation { registerNode(input: ${input}) { token node { nodeId } } }`;

    const refused = await admin.graphql(register('{ nodeId: "prod" }'));
    expect(refused.errors?.[0]).toMatchObject({
      message: 'The node "prod" was attached by "bob": register it for them, or delete it first.',
      extensions: { code: 'CONFLICT' },
    });
    const other = await bob.graphql(register('{ nodeId: "other", userId: "alice" }'));
    expect(other.errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    expect((await admin.query(register('{ nodeId: "prod", userId: "bob" }'))).registerNode.token).toMatch(
      /^swn_/,
    );
  });

  test('is free for an admin to attach, and what they attach is the user’s', async () => {
    const admin = gateway.as(tokens.admin);
    await admin.query(attach, { sessionId: bobs.session, nodeIds: ['from-admin'] });
    expect((await bob.query('{ agentNode(nodeId: "from-admin") { nodeId } }')).agentNode).not.toBeNull();
  });
});

test('the dispatches of one node are no business of another', async () => {
  const finish = `mutation { finishDispatch(dispatchId: "unknown", input: { status: SUCCEEDED, result: "" }) { accepted } }`;
  expect((await gateway.as(tokens.node).query(finish)).finishDispatch.accepted).toBe(false);
});
