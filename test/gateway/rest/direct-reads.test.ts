import { type DocumentNode, type ExecutionResult, execute } from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import { storeLongIntegers } from '../../../src/base/long-integers.ts';
import type { Context } from '../../../src/context.ts';
import type { Prisma } from '../../../src/generated/prisma/client.ts';
import { GetMessagesDocument, GetSessionDocument, ListSessionsDocument } from '../../../src/gql/graphql.ts';
import { executeLimited } from '../../../src/http/graphql/budget/execute-within-budget.ts';
import { executeDirectly } from '../../../src/http/graphql/direct/direct-reads.ts';
import { anonymous, type Viewer } from '../../../src/identity/viewer.ts';
import { ResultBudget } from '../../../src/limits/result-budget.ts';
import { schema } from '../../../src/schema/index.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { createStatementLog } from '../../support/gateway/query-count.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { globalId, seed, seedNodes } from '../schema/seed.ts';

const shared = shareGateway(() => startTestGateway());

const alice: Viewer = { ...anonymous, userId: 'alice', isAdmin: false };
const bob: Viewer = { ...anonymous, userId: 'bob', isAdmin: false };
const admin: Viewer = { ...anonymous, userId: 'root', isAdmin: true };
const limits = { maxQueryCost: 60_000, maxResponseBytes: 16_000_000 };

/** A session with everything that a session can have. */
let full = 0;
let plain = 0;
/** A session whose last answer is another answer to its first prompt. */
let branched = 0;

beforeAll(async () => {
  const { database } = shared().services;
  const agentNodeIds = await seedNodes(database, 2);
  [full = 0] = await seed(database, { sessions: 1, turns: 3, toolCalls: 2, agentNodeIds });
  [plain = 0] = await seed(database, { sessions: 3 });
  const settings = {
    temperature: 0.5,
    reasoningEffort: 'LOW',
    responseSchema: { type: 'object', title: 'Ö' },
  };
  const texts = {
    title: `"Ünïcode" 🚂 ${'long '.repeat(100)}`,
    systemPrompt: 'Be brief.',
    modelName: 'demo-1',
  };
  await database.session.update({
    where: { id: full },
    data: { ...texts, settings, featureName: 'travel', providerName: 'demo', toolApproval: 'AUTO' },
  });
  await database.workspace.create({
    data: { sessionId: full, workspaceId: '6f1c2e0a-52f7-4c0e-9a43-0d9b8f3f2c11' },
  });
  await seedAnswers(full);
  [branched = 0] = await seed(database, { sessions: 1, turns: 2 });
  const first = await database.message.findFirstOrThrow({ where: { sessionId: branched } });
  const answer = await database.message.create({
    data: { sessionId: branched, role: 'ASSISTANT', status: 'COMPLETE', content: 'Another one' },
  });
  const line = {
    firstId: answer.id,
    sessionId: branched,
    parentId: first.id,
    parentLineId: 0,
    rootLineId: 0,
  };
  await database.messageLine.create({ data: { ...line, level: 1, jumpId: 0, messagesBefore: 1 } });
});

/** Answers in every state, with and without a text. */
async function seedAnswers(sessionId: number): Promise<void> {
  const { database } = shared().services;
  const ends: Partial<Prisma.MessageUncheckedCreateInput>[] = [
    { status: 'COMPLETE', finishReason: 'STOP' },
    { status: 'COMPLETE', finishReason: 'CONTENT_FILTER' },
    { status: 'COMPLETE', finishReason: 'STOP', reasoning: 'I think.' },
    { status: 'CANCELLED', cancelCause: 'USER' },
    { status: 'FAILED', content: 'Half of' },
    { status: 'INTERRUPTED' },
    { status: 'STREAMING' },
    { status: 'COMPLETE', content: `${'Text 🚂 '.repeat(100)}\u0000`, tokenCount: 300 },
  ];
  for (const end of ends) {
    const prompt = await database.message.create({
      data: { sessionId, role: 'USER', status: 'COMPLETE', content: 'Why?', tokenCount: 2 },
    });
    const answer = await database.message.create({
      data: { sessionId, role: 'ASSISTANT', status: 'COMPLETE', ...end },
    });
    const error = { errorCode: 'PROVIDER_TIMEOUT', errorMessage: 'It stopped.' };
    const model = { providerName: 'demo', modelName: 'demo-1' };
    const ids = { sessionId, userMessageId: prompt.id, assistantMessageId: answer.id };
    await database.run.create({
      data: { ...ids, ...model, status: 'FAILED', ...(end.status === 'FAILED' && error) },
    });
    await database.messageAudio.create({
      data: { messageId: prompt.id, sha256: 'ab', mimeType: 'audio/ogg', size: 1 },
    });
  }
  const last = await database.message.findFirstOrThrow({ where: { sessionId }, orderBy: { id: 'desc' } });
  const args = storeLongIntegers({ path: 'é', deep: [1, { a: null }] }) as Prisma.InputJsonValue;
  const outcome = { errorCode: 'NODE_OFFLINE', exitCode: 2, stopped: false, durationMs: 12, result: 'nö' };
  const call = { callId: 'c1', name: 'read_file', step: 1, textOffset: 4, reasoningOffset: 2 };
  await database.toolCall.create({
    data: { messageId: last.id, ...call, ...outcome, args, status: 'FAILED', nodeId: 'laptop' },
  });
}

type Sender = Pick<Context, 'viewer' | 'agentNode'>;

/** Executes a document in both ways. Returns the JSON and the cost of both. */
async function inBothWays(
  document: DocumentNode,
  variables: Record<string, unknown>,
  sender: Viewer | Sender,
  bounds = limits,
) {
  const read = async (run: typeof executeDirectly) => {
    const resultBudget = new ResultBudget(bounds);
    const own = 'userId' in sender ? { viewer: sender, agentNode: null } : sender;
    const signal = new AbortController().signal;
    const contextValue = { ...shared().services, ...own, signal, account: undefined, resultBudget };
    const result = await executeLimited({ schema, document, variableValues: variables, contextValue }, run);
    return { result: JSON.parse(JSON.stringify(result)) as ExecutionResult, cost: resultBudget.cost };
  };
  return [await read(executeDirectly), await read(execute)] as const;
}

const page = { first: 100, after: null, counts: true, upTo: 1_000 };
const node = { viewer: null, agentNode: { userId: 'alice', nodeId: 'laptop' } } as unknown as Sender;

const reads: [string, () => [DocumentNode, Record<string, unknown>, Viewer | Sender]][] = [
  ['a session', () => [GetSessionDocument, { id: globalId('Session', full) }, alice]],
  ['a session without settings', () => [GetSessionDocument, { id: globalId('Session', plain) }, alice]],
  ['a session for an admin', () => [GetSessionDocument, { id: globalId('Session', full) }, admin]],
  ['the session of another user', () => [GetSessionDocument, { id: globalId('Session', full) }, bob]],
  ['a session that does not exist', () => [GetSessionDocument, { id: globalId('Session', 999) }, alice]],
  ['the id of a message', () => [GetSessionDocument, { id: globalId('Message', 1) }, alice]],
  ['a session for a node', () => [GetSessionDocument, { id: globalId('Session', full) }, node]],
  ['the sessions of a user', () => [ListSessionsDocument, { ...page, userId: 'alice' }, alice]],
  ['a page of them', () => [ListSessionsDocument, { ...page, first: 2, upTo: 2, userId: 'alice' }, alice]],
  [
    'the page behind a cursor',
    () => {
      const after = Buffer.from(`cursor:${plain}`).toString('base64url');
      return [ListSessionsDocument, { ...page, after, counts: false, userId: 'alice' }, alice];
    },
  ],
  ['a bad cursor', () => [ListSessionsDocument, { ...page, after: '!', userId: 'alice' }, alice]],
  [
    'the sessions of a feature',
    () => [ListSessionsDocument, { ...page, userId: 'alice', featureName: 'travel' }, admin],
  ],
  [
    'a feature with blanks',
    () => [ListSessionsDocument, { ...page, userId: 'alice', featureName: ' travel ' }, alice],
  ],
  ['the sessions of another user', () => [ListSessionsDocument, { ...page, userId: 'alice' }, bob]],
  ['a user without sessions', () => [ListSessionsDocument, { ...page, userId: 'bob' }, bob]],
  ['sessions for a node', () => [ListSessionsDocument, { ...page, userId: 'alice' }, node]],
  ['messages', () => [GetMessagesDocument, { ...page, id: globalId('Session', full) }, alice]],
  [
    'a page of messages',
    () => [GetMessagesDocument, { ...page, first: 3, id: globalId('Session', full) }, alice],
  ],
  [
    'messages of a branch',
    () => [GetMessagesDocument, { ...page, id: globalId('Session', branched) }, alice],
  ],
  [
    'a session without messages',
    () => [GetMessagesDocument, { ...page, id: globalId('Session', plain) }, alice],
  ],
  ['messages of another user', () => [GetMessagesDocument, { ...page, id: globalId('Session', full) }, bob]],
];

test.each(reads)('%s: a read without graphql-js has its result and its cost', async (_name, options) => {
  const [direct, byGraphQL] = await inBothWays(...options());
  expect(direct).toEqual(byGraphQL);
});

test.each([
  ['fields', { ...limits, maxQueryCost: 20 }],
  ['bytes', { ...limits, maxResponseBytes: 2_000 }],
  ['bytes of its rows', { ...limits, maxResponseBytes: 300 }],
])('a result of too many %s is refused in both ways', async (_name, bounds) => {
  for (const [document, variables] of [
    [GetMessagesDocument, { ...page, id: globalId('Session', full) }],
    [ListSessionsDocument, { ...page, userId: 'alice' }],
  ] as const) {
    const [direct, byGraphQL] = await inBothWays(document, variables, alice, bounds);
    expect(direct.result).toEqual(byGraphQL.result);
    expect(direct.result.errors?.[0]).toMatchObject({ extensions: { code: 'QUERY_TOO_COMPLEX' } });
  }
});

test('a read without graphql-js takes no statement more', async () => {
  const log = createStatementLog(shared().services);
  const rest = (path: string) => log.during(async () => void (await (await shared().rest(path)).text()));
  expect(await rest(`/sessions/${full}`)).toHaveLength(4);
  // The only page of a list is not counted with a statement of its own.
  expect(await rest('/sessions/?user_id=alice')).toHaveLength(4);
});
