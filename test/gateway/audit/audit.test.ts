import { expect, test } from 'vitest';
import { decodeId } from '../../../src/base/global-id.ts';
import { sweepAudit } from '../../../src/changes/audit.ts';
import { createLog } from '../../../src/log.ts';
import { chat } from '../../support/gateway/chat.ts';
import type { GatewayApi } from '../../support/gateway/gateway-api.ts';
import { adminJwt, jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { askOverSocket, socketClient } from '../../support/gateway/sockets.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { registerNode } from '../../support/node/nodes.ts';

const tools = createTools({ write: () => 'written' }, { needApproval: ['write'] });
const shared = shareScriptedGateway({
  settings: { ...jwtSettings, TRUSTED_PROXIES: '127.0.0.1, ::1' },
  tools,
});

const as = async (sub: string) => shared().as(await signJwt({ sub }));
const admin = async () => shared().as(await adminJwt('root'));

const fields = 'at userId action ownerId subject detail apiTokenId address userAgent';
const query = `query ($userId: String, $action: AuditAction, $from: DateTime, $to: DateTime, $first: Int, $after: String) {
  auditLog(userId: $userId, action: $action, from: $from, to: $to, first: $first, after: $after) {
    edges { node { ${fields} } } pageInfo { endCursor hasNextPage } } }`;

async function entriesOf(user: GatewayApi, variables: object = {}) {
  const { auditLog } = await user.query(query, { ...variables });
  return auditLog.edges.map(({ node }: { node: Record<string, unknown> }) => node);
}

const deleteSession = 'mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }';

test('what a user does is written with who, what, when and from where, and outlives the session', async () => {
  const alice = await as('alice');
  const sessionId = await alice.createSession();
  shared().model.script([toolCall('w', 'write', { path: 'secret.txt' })], [text('Done.')]);
  const decide = `mutation ($run: ID!) { approveToolCall(runId: $run, callId: "w", remember: EXACT) { status } }`;
  let runId = '';
  for await (const event of chat(alice.client(), { sessionId, prompt: 'Write my diary' })) {
    runId = event.runId;
    if (event.__typename === 'ToolApprovalRequested') await alice.query(decide, { run: runId });
  }
  const grants = 'query ($id: ID!) { session(id: $id) { grants { id } messages { edges { node { id } } } } }';
  const { session } = await alice.query(grants, { id: sessionId });
  const id = session.grants[0].id;
  await alice.query('mutation ($id: ID!) { revokeGrant(id: $id) { id } }', { id });
  await alice.query('mutation ($id: ID!) { archiveSession(id: $id, archived: true) { id } }', {
    id: sessionId,
  });
  const message = session.messages.edges[1].node.id;
  await alice.query('mutation ($id: ID!) { deleteMessage(id: $id) { id } }', { id: message });
  await alice.query('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', { id: sessionId });
  await registerNode(alice, 'laptop');
  await alice.query('mutation { rotateNodeToken(nodeId: "laptop") { token } }');
  await alice.query('mutation { deleteNode(nodeId: "laptop") { nodeId } }');
  await alice.query(deleteSession, { id: sessionId });

  const number = (globalId: string) => decodeId(globalId)?.id;
  const entries = await entriesOf(alice);
  expect(
    entries.map(({ action, subject, detail }: Record<string, unknown>) => [action, subject, detail]),
  ).toEqual([
    ['SESSION_DELETED', `Session:${number(sessionId)}`, null],
    ['NODE_DELETED', 'AgentNode:laptop', null],
    ['NODE_TOKEN_ROTATED', 'AgentNode:laptop', null],
    ['NODE_REGISTERED', 'AgentNode:laptop', null],
    ['HISTORY_CLEARED', `Session:${number(sessionId)}`, null],
    ['MESSAGE_DELETED', `Message:${number(message)}`, `Session:${number(sessionId)}`],
    ['SESSION_ARCHIVED', `Session:${number(sessionId)}`, 'archived'],
    ['GRANT_REVOKED', `ToolGrant:${number(id)}`, `write in Session:${number(sessionId)}`],
    ['TOOL_CALL_APPROVED', `Run:${number(runId)}`, `write (w) in Session:${number(sessionId)}, remembered`],
  ]);
  for (const entry of entries) {
    expect(entry).toMatchObject({ userId: 'alice', ownerId: 'alice', apiTokenId: null, userAgent: 'node' });
    expect(entry['address']).toMatch(/127\.0\.0\.1|::1/);
    expect(Date.now() - Date.parse(String(entry['at']))).toBeLessThan(60_000);
  }
  expect(JSON.stringify(entries)).not.toMatch(/secret|diary/);
});

test('a deed that is refused is not written', async () => {
  const bob = await as('bob');
  const sessionId = await (await as('carol')).createSession();
  await expect(bob.query(deleteSession, { id: sessionId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await entriesOf(bob)).toEqual([]);
});

test('an admin makes a token for any user, and what it does names it; a revoked token is refused', async () => {
  const root = await admin();
  const create = `mutation ($name: String, $expiresAt: DateTime) {
    createApiToken(userId: "dave", name: $name, expiresAt: $expiresAt) { token apiToken { databaseId userId isAdmin name expiresAt } } }`;
  const expiresAt = '2099-01-01T00:00:00.000Z';
  const { createApiToken: made } = await root.query(create, { name: 'CI', expiresAt });
  const { databaseId } = made.apiToken;
  expect(made.apiToken).toEqual({ databaseId, userId: 'dave', isAdmin: false, name: 'CI', expiresAt });
  const dave = shared().as(made.token);
  await dave.query(deleteSession, { id: await dave.createSession() });
  expect(await entriesOf(dave)).toMatchObject([{ action: 'SESSION_DELETED', apiTokenId: databaseId }]);

  const revoke = 'mutation ($id: Int!) { revokeApiToken(databaseId: $id) { revokedAt } }';
  const first = (await root.query(revoke, { id: databaseId })).revokeApiToken;
  expect((await root.query(revoke, { id: databaseId })).revokeApiToken).toEqual(first);
  await expect(dave.query('{ viewer { userId } }')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  const entries = await entriesOf(root, { userId: 'root' });
  expect(entries).toMatchObject([
    { action: 'TOKEN_REVOKED', ownerId: 'dave', subject: `ApiToken:${databaseId}` },
    { action: 'TOKEN_CREATED', ownerId: 'dave', detail: 'of a user: CI' },
  ]);
  expect(JSON.stringify(entries)).not.toContain(made.token);
  const { apiTokens } = await root.query(
    '{ apiTokens(userId: "dave") { edges { node { name revokedAt lastUsedAt } } } }',
  );
  expect(apiTokens.edges).toMatchObject([{ node: { name: 'CI', revokedAt: first.revokedAt } }]);

  await expect(root.query(create, { expiresAt: '2020-01-01T00:00:00Z' })).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    field: 'expiresAt',
  });
  await expect(root.query(revoke, { id: 4_711 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect((await as('dave')).query(create, {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

test('the log has pages and filters, of others only for admins', async () => {
  const erin = await as('erin');
  const before = new Date().toISOString();
  for (let count = 0; count < 3; count += 1)
    await erin.query(deleteSession, { id: await erin.createSession() });
  await erin.query('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', {
    id: await erin.createSession(),
  });
  const root = await admin();
  const deleted = { userId: 'erin', action: 'SESSION_DELETED' };
  const { auditLog: page } = await root.query(query, { ...deleted, first: 2 });
  expect([page.edges.length, page.pageInfo.hasNextPage]).toEqual([2, true]);
  const rest = await entriesOf(root, { ...deleted, first: 2, after: page.pageInfo.endCursor });
  expect(rest).toHaveLength(1);
  expect(await entriesOf(root, { action: 'HISTORY_CLEARED', from: before })).toMatchObject([
    { userId: 'erin' },
  ]);
  expect(await entriesOf(root, { userId: 'erin', to: before })).toEqual([]);
  const foreign = (await as('frank')).query(query, { userId: 'erin' });
  await expect(foreign).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(await entriesOf(await as('frank'))).toEqual([]);
});

test('what is done in REST is written with the address that a trusted proxy tells, too', async () => {
  const token = await signJwt({ sub: 'grace' });
  const id = decodeId(await shared().as(token).createSession())?.id;
  const headers = {
    authorization: `Bearer ${token}`,
    'user-agent': `curl/8 ${'x'.repeat(300)}`,
    'x-forwarded-for': '198.51.100.1, 203.0.113.9',
  };
  const response = await fetch(`${shared().url}/api/v1/sessions/${id}`, { method: 'DELETE', headers });
  expect(response.status).toBe(200);
  const [entry] = await entriesOf(shared().as(token));
  expect(entry).toMatchObject({
    action: 'SESSION_DELETED',
    address: '203.0.113.9',
  });
  expect(String(entry?.['userAgent'])).toMatch(/^curl\/8 x+…?$/);
  expect(String(entry?.['userAgent']).length).toBeLessThanOrEqual(201);
});

test('what is done over a WebSocket is written with the address of its client, too', async () => {
  const token = await signJwt({ sub: 'olivia' });
  const client = socketClient(shared().url, { connectionParams: { authorization: `Bearer ${token}` } });
  const id = await shared().as(token).createSession();
  expect((await askOverSocket(client, deleteSession, { id })).data.deleteSession.deletedSessionId).toBe(id);
  await client.dispose();
  expect(await entriesOf(shared().as(token))).toMatchObject([
    { action: 'SESSION_DELETED', address: expect.stringMatching(/127\.0\.0\.1|::1/) },
  ]);
});

test('a denied call and an answered question are written', async () => {
  const heidi = await as('heidi');
  const sessionId = await heidi.createSession();
  shared().model.script(
    [toolCall('w', 'write', {}), toolCall('q', 'ask_user', { question: 'Sure?' })],
    [text('Ok.')],
  );
  const deny =
    'mutation ($run: ID!) { denyToolCall(runId: $run, callId: "w", reason: "my secret") { status } }';
  const answer =
    'mutation ($run: ID!) { answerToolCall(runId: $run, callId: "q", result: "my secret") { status } }';
  const seen = [];
  for await (const event of chat(heidi.client(), { sessionId, prompt: 'Go', askUser: true })) {
    seen.push(event);
    if (event.__typename === 'ToolApprovalRequested') await heidi.query(deny, { run: event.runId });
    if (event.__typename === 'ClientToolRequested') await heidi.query(answer, { run: event.runId });
  }
  const entries = await entriesOf(heidi);
  expect(entries.map(({ action }: Record<string, unknown>) => action).toSorted()).toEqual([
    'TOOL_CALL_ANSWERED',
    'TOOL_CALL_DENIED',
  ]);
  expect(JSON.stringify(entries)).not.toContain('secret');
});

test('entries that are older than AUDIT_RETENTION_DAYS are deleted, however many, and younger ones stay', async () => {
  const { database, statements } = shared().services;
  const entryOf = (days: number) => ({
    at: new Date(Date.now() - days * 86_400_000),
    ...{ userId: 'peggy', ownerId: 'peggy', action: 'SESSION_DELETED', subject: `Session:${days}` },
  });
  await database.auditEntry.createMany({ data: [...Array(2_100).fill(entryOf(31)), entryOf(29)] });
  const log = createLog({ level: 'silent', format: 'json' });
  await using _sweep = sweepAudit(30, { statements, log });
  await expect.poll(() => database.auditEntry.count({ where: { userId: 'peggy' } })).toBe(1);
  const peggy = await as('peggy');
  expect(await entriesOf(peggy)).toMatchObject([{ subject: 'Session:29' }]);
  expect(sweepAudit(0, { statements, log })).toBeUndefined();
});
