import { randomUUID } from 'node:crypto';
import { isListType, isNonNullType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../../src/schema/index.ts';
import { hashOf } from '../../../src/sync/entry.ts';
import { collect, follow } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import {
  createStatementLog,
  type StatementLog,
  withoutNodeChecks,
  withoutSweeps,
} from '../../support/gateway/query-count.ts';
import { openSharedFiles } from '../../support/gateway/shared-files.ts';
import { connectNode } from '../../support/node/node-client.ts';
import { createNodeReports } from '../../support/node/node-reports.ts';
import { registerNode } from '../../support/node/nodes.ts';
import { followWorkspaces } from '../../support/workspace/node-workspaces.ts';
import { globalId, seed, seedCancelledRun, seedNodes } from './seed.ts';

let gateway: TestGateway;
let log: StatementLog;

beforeAll(async () => {
  gateway = await startTestGateway();
  log = createStatementLog(gateway.services);
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** How many SQL statements an operation takes. The operation must succeed. */
async function count(query: string, variables: Record<string, unknown> = {}): Promise<number> {
  const statements = await log.during(async () => {
    const { errors } = await gateway.graphql(query, variables);
    expect(errors).toBeUndefined();
  });
  return statements.length;
}

/** A new user, so that the tests of this file do not see each other's rows. */
let users = 0;
function newUser(): string {
  users += 1;
  return `user-${users}`;
}

async function sessionsOf(sessions: number, selection: string, rows: object = {}): Promise<number> {
  const userId = newUser();
  await seed(gateway.services.database, { sessions, userId, ...rows });
  return count(
    `query ($userId: String) { sessions(userId: $userId, first: 100) { edges { node { ${selection} } } } }`,
    {
      userId,
    },
  );
}

async function messagesOf(turns: number, selection: string): Promise<number> {
  const [id = 0] = await seed(gateway.services.database, { sessions: 1, turns, toolCalls: 2 });
  return count(
    `query ($id: ID!) { session(id: $id) { messages(first: 100) { edges { node { ${selection} } } } } }`,
    { id: globalId('Session', id) },
  );
}

/** Of answers that each have one prompt which has joined them. */
async function steeredOf(turns: number): Promise<number> {
  const { database } = gateway.services;
  const [sessionId = 0] = await seed(database, { sessions: 1, turns });
  for (const { id } of await database.message.findMany({ where: { sessionId, role: 'ASSISTANT' } })) {
    const prompts = [{ messageId: id - 1, step: 2, textOffset: 0, reasoningOffset: 0, callsBefore: 0 }];
    await database.message.update({ where: { id }, data: { steeredPrompts: prompts } });
    await database.message.update({ where: { id: id - 1 }, data: { steeredIntoId: id } });
  }
  return count(
    'query ($id: ID!) { session(id: $id) { messages(first: 100) { edges { node { steeredInto { content } steeredPrompts { message { content } } } } } } }',
    { id: globalId('Session', sessionId) },
  );
}

/** Of sessions whose newest message is a prompt which has joined the answer before it. */
async function endingSteered(sessions: number): Promise<number> {
  const { database } = gateway.services;
  const userId = newUser();
  const ids = await seed(database, { sessions, userId, turns: 1 });
  for (const { id: steeredIntoId, sessionId } of await database.message.findMany({
    where: { sessionId: { in: ids }, role: 'ASSISTANT' },
  })) {
    const prompt = { role: 'USER', status: 'COMPLETE', content: 'Blue' } as const;
    await database.message.create({ data: { ...prompt, sessionId, steeredIntoId } });
  }
  const query =
    'query ($userId: String) { sessions(userId: $userId, first: 100) { edges { node { lastMessage { content } } } } }';
  const { sessions: found } = await gateway.query(query, { userId });
  for (const { node } of found.edges) expect(node.lastMessage.content).toMatch(/^Answer/);
  return count(query, { userId });
}

async function tagsOf(size: number): Promise<number> {
  const data = Array.from({ length: size }, (_, index) => ({ userId: newUser(), tags: [`tag ${index}`] }));
  await gateway.services.database.session.createMany({ data });
  return count('{ viewer { tags(first: 100) { tag sessionCount archivedSessionCount } } }', {});
}

async function deletionOf(sessions: number, selection: string): Promise<number> {
  const userId = newUser();
  await seed(gateway.services.database, { sessions, userId });
  return count(`mutation ($userId: String) { deleteSessions(userId: $userId) { ${selection} } }`, { userId });
}

async function nodesOf(nodes: number, selection: string): Promise<number> {
  const agentNodeIds = await seedNodes(gateway.services.database, nodes);
  return sessionsOf(3, `nodes { node { ${selection} } connection } workspace { id }`, { agentNodeIds });
}

async function workspaceWith(size: number, selection: string): Promise<number> {
  const { sessionId: id, databaseId: sessionId } = await openSharedFiles(gateway);
  const { database } = gateway.services;
  // Written past the service, which tells of changes later, while the statements are counted.
  await database.workspaceFile.createMany({
    data: Array.from({ length: size }, (_, index) => ({
      ...{ sessionId, path: `${index}.txt`, sha256: hashOf('x'), size: 1, mode: 0o644 },
      ...{ modifiedAt: new Date(), revision: 1 },
    })),
  });
  await database.workspace.update({ where: { sessionId }, data: { revision: 1, fileCount: size } });
  return count(`query ($id: ID!) { session(id: $id) { workspace { ${selection} } } }`, { id });
}

async function conflictsOf(sessions: number): Promise<number> {
  const { database } = gateway.services;
  const userId = newUser();
  const ids = await seed(database, { sessions, userId });
  await database.workspace.createMany({
    data: ids.map((sessionId) => ({ sessionId, workspaceId: randomUUID() })),
  });
  await database.workspaceConflict.createMany({
    data: ids.map((sessionId) => ({ sessionId, path: 'a', keptPath: 'b' })),
  });
  const query = `query ($userId: String) {
    sessions(userId: $userId, first: 100) { edges { node { workspace { fileCount conflicts { keptPath } } } } }
  }`;
  return count(query, { userId });
}

/** How many statements a new node takes, from its registration on, that asks about so many dispatches. */
async function askedByNode(
  dispatches: number,
  ask: (url: string, token: string, ids: string[]) => Promise<unknown>,
): Promise<number> {
  const own = await startTestGateway();
  const statements = await createStatementLog(own.services).during(async () => {
    const token = await registerNode(own, 'laptop');
    const ids = Array.from({ length: dispatches }, (_, index) => `dispatch-${index}`);
    await ask(own.url, token, ids);
    await own[Symbol.asyncDispose]();
  });
  return withoutSweeps(withoutNodeChecks(statements)).length;
}

/** For every list in the schema: the statements that it takes to answer with so many rows. */
const lists: Record<string, (size: number) => Promise<number>> = {
  'Query.sessions': (size) => sessionsOf(size, 'id title'),
  'Query.searchMessages': async (size) => {
    await seed(gateway.services.database, { sessions: size, turns: 1 });
    return count(
      '{ searchMessages(query: "message", first: 50) { edges { snippet node { content } session { title } } } }',
    );
  },
  'Query.usage': () => count('{ usage(by: DAY) { runs } }'),
  'Mutation.setUserBudget': () => count('mutation { setUserBudget(userId: "alice", perDay: "1") { name } }'),
  'Query.budgets': () => count('{ budgets { name } }'),
  'Query.auditLog': async (size) => {
    const userId = newUser();
    const entry = {
      at: new Date(),
      userId,
      action: 'SESSION_DELETED',
      ownerId: userId,
      subject: 'Session:1',
    };
    await gateway.services.database.auditEntry.createMany({ data: Array(size).fill(entry) });
    return count(
      'query ($userId: String) { auditLog(userId: $userId, first: 100) { edges { node { action } } } }',
      {
        userId,
      },
    );
  },
  'Query.apiTokens': async (size) => {
    const userId = newUser();
    const data = Array.from({ length: size }, () => ({ userId, tokenHash: randomUUID() }));
    await gateway.services.database.apiToken.createMany({ data });
    return count(
      'query ($userId: String) { apiTokens(userId: $userId, first: 100) { edges { node { name } } } }',
      {
        userId,
      },
    );
  },
  'Query.models': () => count('{ models { modelName } }'),
  'Model.supportedSettings': () => count('{ models { supportedSettings } }'),
  'Model.inputTypes': () => count('{ models { inputTypes } }'),
  'Model.reasoningEfforts': () => count('{ models { reasoningEfforts } }'),
  'Query.nodes': async (size) => {
    const sessions = await seed(gateway.services.database, { sessions: size, turns: 1 });
    const types = ['Session', 'Message', 'Run'] as const;
    const ids = types.flatMap((type) => sessions.map((id) => globalId(type, id)));
    return count(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Session { title } ... on Message { content } ... on Run { status } } }',
      // At most 100 ids are allowed.
      { ids: ids.slice(0, 100) },
    );
  },
  'Session.messages': (size) =>
    sessionsOf(size, 'messages(first: 2) { edges { node { content } } pageInfo { hasNextPage } }', {
      turns: 3,
    }),
  'Session.runs': (size) =>
    sessionsOf(size, 'runs(last: 2) { totalCount nodes { status lastSeq } pageInfo { hasPreviousPage } }', {
      turns: 3,
    }),
  'Message.siblings': (size) => messagesOf(size, 'siblings { content }'),
  'Message.steeredPrompts': steeredOf,
  'Message.toolCalls': (size) => messagesOf(size, 'toolCalls { name }'),
  'Message.attachments': (size) => messagesOf(size, 'attachments { filename }'),
  'Message.workspaceManifests': (size) => messagesOf(size, 'workspaceManifests { nodeId manifestHash }'),
  'Workspace.files': (size) =>
    workspaceWith(size, 'files(first: 50) { edges { node { path downloadUrl } } }'),
  'Workspace.entries': (size) =>
    workspaceWith(size, 'entries(first: 50) { edges { node { name file { size } } } }'),
  'Workspace.conflicts': conflictsOf,
  'TokenUsage.byModel': (size) =>
    sessionsOf(size, 'tokenUsage { totalTokens byModel { modelName } }', { models: 3 }),
  'RunCancelled.toolCalls': async (toolCalls) => {
    const runId = await seedCancelledRun(gateway.services.database, toolCalls);
    const statements = await log.during(async () => {
      const [cancelled] = await collect(follow(gateway.client(), runId));
      expect(cancelled?.['message'].toolCalls).toHaveLength(toolCalls);
    });
    return statements.length;
  },
  'CancelReceipt.toolCalls': async (toolCalls) => {
    const runId = await seedCancelledRun(gateway.services.database, toolCalls);
    return count('mutation ($runId: ID!) { cancelRun(input: { runId: $runId }) { toolCalls { name } } }', {
      runId,
    });
  },
  'Query.agentNodes': async (size) => {
    await seedNodes(gateway.services.database, size);
    return count('{ agentNodes(first: 100) { edges { node { nodeId connection lastSeenAt } } } }');
  },
  'AgentNode.capabilities': (size) => nodesOf(size, 'capabilities isRegistered'),
  'Session.grants': (size) => sessionsOf(size, 'grants { toolName node { nodeId } }'),
  'Session.tags': (size) => sessionsOf(size, 'tags metadata archivedAt pinnedAt'),
  'Session.nodes': (size) => nodesOf(size, 'nodeId displayName'),
  'InboxOpened.unknownDispatchIds': (size) =>
    askedByNode(size, async (url, token, running) => {
      await using node = connectNode(url, token, { running });
      expect((await node.next('InboxOpened'))['unknownDispatchIds']).toEqual(running);
    }),
  'NodeHeartbeat.unknownDispatchIds': (size) =>
    askedByNode(size, async (url, token, running) => {
      expect(await createNodeReports(url, token).beat(running)).toEqual(running);
    }),
  'NodeWorkspaces.workspaces': (size) => {
    const list = async (url: string, token: string) => {
      for await (const workspaces of followWorkspaces(url, token)) {
        expect(workspaces).toEqual([]);
        return;
      }
    };
    return askedByNode(size, list);
  },
  'Viewer.tags': tagsOf,
  'DeletedSessions.deletedSessionIds': async (size) =>
    (await deletionOf(size, 'count deletedSessionIds')) - (await deletionOf(size, 'count')),
};

/** Rows that the items of a list refer to one by one. */
const nested: Record<string, (size: number) => Promise<number>> = {
  'the newest message, the runs and the usage of sessions': (size) =>
    sessionsOf(
      size,
      'lastMessage { content } activeRun { id } lastRun { status usage { totalTokens } } tokenUsage { percentage }',
      { turns: 2, models: 2 },
    ),
  'the newest messages of sessions that end with steered prompts': endingSteered,
  'the previews of sessions': (size) => sessionsOf(size, 'preview', { turns: 2 }),
  'the runs and the session of messages': (size) =>
    messagesOf(
      size,
      'run { status error { code } } session { title tokenUsage { totalTokens } } toolCalls { name }',
    ),
  'the parents of messages': (size) => messagesOf(size, 'parent { content }'),
  'the finish reasons of messages': (size) => messagesOf(size, 'finishReason emptyReason error { code }'),
  'the messages of the runs of messages': (size) =>
    messagesOf(
      size,
      'run { userMessage { content } assistantMessage { content toolCalls { name } } session { id } }',
    ),
  'the messages of the sessions of messages': (size) =>
    messagesOf(size, 'session { messages(last: 1) { edges { node { content } } } lastRun { id } }'),
};

describe('the number of SQL statements', () => {
  test.each(Object.entries({ ...lists, ...nested }))(
    'the number of SQL statements does not grow with %s',
    // What the gateway does by itself can fall into a count, on a slow machine, but not three times.
    { retry: 2 },
    async (_name, statementsFor) => {
      expect(await statementsFor(40)).toBe(await statementsFor(3));
    },
  );

  test('the SQL statements of every list in the schema are counted here', () => {
    const fields = Object.values(schema.getTypeMap())
      .filter(
        (type) => isObjectType(type) && !type.name.startsWith('__') && !type.name.endsWith('Connection'),
      )
      .flatMap((type) =>
        isObjectType(type) ? Object.values(type.getFields()).map((field) => ({ type, field })) : [],
      )
      .filter(({ field }) => {
        const type = isNonNullType(field.type) ? field.type.ofType : field.type;
        return isListType(type) || (isObjectType(type) && type.name.endsWith('Connection'));
      })
      .map(({ type, field }) => `${type.name}.${field.name}`);
    expect(Object.keys(lists).sort()).toEqual(fields.sort());
  });
});
