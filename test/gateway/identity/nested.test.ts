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

/** The types of objects that belong to a user. */
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
 * Why each field below the root types that leads to such an object leads to an object of the same user. `row`: the
 * parent's row refers to it, and such references never change; `log`: its id was logged for that session; `looked up`:
 * it is found by a name that may pass to another user, so only among the viewer's objects; `argument`: the root field
 * has checked it.
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

test('every field that leads to an object of a user is listed here', () => {
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
  messages(first: 10) { edges { node { session { userId messages(first: 10) { edges { node { run { session { userId } } } } } } } } }
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

test('every object that bob reaches from his session belongs to bob', async () => {
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

  test('a node name of another user can be neither attached nor registered, and its owner is not told', async () => {
    await registerNode(alice, 'hers');
    const taken = { extensions: { code: 'CONFLICT' } };

    const attached = await bob.graphql(attach, { sessionId: bobs.session, nodeIds: ['his', 'hers'] });
    expect(attached.errors?.[0]).toMatchObject({ ...taken, message: 'nodeIds: "hers" is taken.' });
    const created = await bob.graphql('mutation { createSession(input: { nodeIds: ["hers"] }) { id } }');
    expect(created.errors?.[0]).toMatchObject({ ...taken, message: 'nodeIds: "hers" is taken.' });
    const again = await bob.graphql('mutation { registerNode(input: { nodeId: "hers" }) { token } }');
    expect(again.errors?.[0]).toMatchObject({ ...taken, message: 'The nodeId "hers" is taken.' });

    // The node of the same request that was free was not created either.
    expect((await bob.query('{ agentNode(nodeId: "his") { id } }')).agentNode).toBeNull();
  });

  test('a node name that one user has attached cannot be registered by another user', async () => {
    const session = await alice.createSession();
    await alice.query(attach, { sessionId: session, nodeIds: ['later'] });

    const { errors } = await bob.graphql('mutation { registerNode(input: { nodeId: "later" }) { token } }');

    expect(errors?.[0]?.extensions['code']).toBe('CONFLICT');
    expect(await registerNode(alice, 'later')).toMatch(/^swn_/);
  });

  test('an admin can register a node name that a user has attached only for that user', async () => {
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

  test('a node that an admin attaches to the session of a user belongs to that user', async () => {
    const admin = gateway.as(tokens.admin);
    await admin.query(attach, { sessionId: bobs.session, nodeIds: ['from-admin'] });
    expect((await bob.query('{ agentNode(nodeId: "from-admin") { nodeId } }')).agentNode).not.toBeNull();
  });
});

test('a result for a dispatch that the node does not have is not accepted', async () => {
  const finish = `mutation { finishDispatch(dispatchId: "unknown", input: { status: SUCCEEDED, result: "" }) { accepted } }`;
  expect((await gateway.as(tokens.node).query(finish)).finishDispatch.accepted).toBe(false);
});
