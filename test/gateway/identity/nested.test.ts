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
  'Attachment',
  'ToolGrant',
];

/**
 * Why each field below the root types that leads to such an object leads to an object of the same user. `row`: the
 * parent's row refers to it, and such references never change; `log`: its id was logged for that session; `looked up`:
 * it is found by a name that may pass to another user, so only among the viewer's objects; `argument`: the root field
 * has checked it.
 */
const edges: Record<string, 'row' | 'log' | 'looked up' | 'argument'> = {
  'Session.lastMessage': 'row',
  'Session.head': 'row',
  'Message.parent': 'row',
  'Message.siblings': 'row',
  'HeadMoved.head': 'log',
  'HeadMoved.session': 'log',
  'Session.activeRun': 'row',
  'Session.lastRun': 'row',
  'Session.nodes': 'row',
  'Session.workspace': 'row',
  'Session.grants': 'row',
  'SessionEdge.node': 'row',
  'SessionConnection.nodes': 'row',
  'MessageConnection.nodes': 'row',
  'RunConnection.nodes': 'row',
  'RunEdge.node': 'row',
  'AgentNodeConnection.nodes': 'row',
  'Message.session': 'row',
  'Message.run': 'row',
  'Message.toolCalls': 'row',
  'Message.audio': 'row',
  'Message.attachments': 'row',
  'MessageEdge.node': 'row',
  'MessageHitConnection.nodes': 'row',
  'MessageHitEdge.node': 'row',
  'MessageHitEdge.session': 'row',
  'Run.session': 'row',
  'Run.userMessage': 'row',
  'Run.assistantMessage': 'row',
  'Run.steeredInto': 'row',
  'Message.steeredInto': 'row',
  'SteeredPrompt.message': 'row',
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
  'ContextCompacted.throughMessage': 'log',
  'RunCompleted.message': 'log',
  'RunCancelled.message': 'log',
  'RunCancelled.toolCalls': 'log',
  'RunFailed.message': 'log',
  'RunResumed.run': 'log',
  'PromptSteered.run': 'log',
  'PromptSteered.message': 'log',
  'RunEnded.run': 'log',
  'RunEnded.session': 'log',
  'ApprovalRequested.run': 'log',
  'ApprovalRequested.session': 'log',
  'ApprovalRequested.toolCall': 'log',
  'ApprovalDecided.run': 'log',
  'ApprovalDecided.session': 'log',
  'ApprovalDecided.toolCall': 'log',
  'ToolAnswerRequested.run': 'log',
  'ToolAnswerRequested.session': 'log',
  'ToolAnswerRequested.toolCall': 'log',
  'ToolAnswerSettled.run': 'log',
  'ToolAnswerSettled.session': 'log',
  'ToolAnswerSettled.toolCall': 'log',
  'SessionCreated.session': 'log',
  'MessageAdded.message': 'log',
  'HistoryCleared.session': 'log',
  'SessionUpdated.session': 'log',
  'SessionNodeChanged.sessionNode': 'log',
  'WorkspaceChanged.workspace': 'log',
  'ToolCallStarted.node': 'looked up',
  'ToolApprovalRequested.node': 'looked up',
  'ToolGrant.node': 'looked up',
  'NodeChanged.node': 'looked up',
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

beforeAll(async () => {
  gateway = await startTestGateway({ settings: jwtSettings });
  tokens = await createTokens(gateway);
  bob = gateway.as(tokens.bob);
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

test('a user counts the tags of their own sessions, also where another user has the same, and an admin those of all', async () => {
  const alice = gateway.as(tokens.alice);
  await alice.createSession({ tags: ['work', 'secret'] });
  await bob.createSession({ tags: ['work', 'own'] });
  const mine = '{ viewer { tags { tag sessionCount } } }';
  const counted = async (api: GatewayApi) =>
    (await api.query(mine)).viewer.tags.map(
      ({ tag, sessionCount }: { tag: string; sessionCount: number }) => `${tag} ${sessionCount}`,
    );
  expect(await counted(bob)).toEqual(['own 1', 'work 1']);
  expect(await counted(alice)).toEqual(['secret 1', 'work 1']);
  expect(await counted(gateway.as(tokens.admin))).toEqual(['own 1', 'secret 1', 'work 2']);
});

describe('the name of a node', () => {
  const attach = `mutation ($sessionId: ID!, $nodeIds: [String!]!) {
    attachNodes(sessionId: $sessionId, nodeIds: $nodeIds) { nodes { node { nodeId } } }
  }`;

  test('an admin registers a node for a user by naming the user, and otherwise for themselves', async () => {
    const admin = gateway.as(tokens.admin);
    await bob.query(attach, { sessionId: bobs.session, nodeIds: ['prod'] });
    const register = (input: string) =>
      `mutation { registerNode(input: ${input}) { token node { nodeId userId } } }`;

    const other = await bob.graphql(register('{ nodeId: "other", userId: "alice" }'));
    expect(other.errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    const owned = async (input: string) => (await admin.query(register(input))).registerNode.node.userId;
    expect(await owned('{ nodeId: "prod", userId: "bob" }')).toBe('bob');
    expect(await owned('{ nodeId: "prod" }')).toBe('carol');
    expect((await bob.query('{ agentNode(nodeId: "prod") { userId isRegistered } }')).agentNode).toEqual({
      userId: 'bob',
      isRegistered: true,
    });
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
