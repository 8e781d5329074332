import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeId, encodeId } from '../../../src/base/global-id.ts';
import { routes } from '../../../src/rest/routes.ts';
import { memo } from '../../support/gateway/audio-upload.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { jwtSettings } from '../../support/gateway/jwt.ts';
import {
  type Belongings,
  createBelongings,
  createTokens,
  missingBelongings,
  type Tokens,
  withoutNames,
} from '../../support/gateway/owned-world.ts';

let gateway: TestGateway;
let tokens: Tokens;
let alices: Belongings;

beforeAll(async () => {
  gateway = await startTestGateway({ settings: jwtSettings });
  tokens = await createTokens(gateway);
  alices = await createAlices();
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Attempt {
  /** Replaces the path of the route, to add a query. */
  path?: string;
  json?: object;
  /** Whether the request uploads a recording. */
  file?: boolean;
  /** The status that alice gets; 200 by default. */
  alice?: number;
  /** The status that bob gets; 404 by default. */
  bob?: number;
  /** Whether the operation deletes what later attempts need, so that it gets a session of its own. */
  destroys?: boolean;
}

/** A request for each operation, by its operationId. */
const attempts: Record<string, Attempt> = {
  create_session: { json: { user_id: 'alice' }, bob: 403 },
  list_sessions: { path: '/sessions/?user_id=alice', bob: 403 },
  delete_sessions: { path: '/sessions/?user_id=alice&feature_name=none', bob: 403 },
  get_session: {},
  update_session: { json: { title: 'Mine' } },
  send_message: { json: { prompt: 'Hi.' } },
  follow_chat: {},
  create_stream_ticket: {},
  get_messages: {},
  search_messages: { path: '/sessions/{session_id}/messages/search?query=hello' },
  clear_history: { destroys: true },
  get_tokens: {},
  cancel_run: {},
  // The run has no such call.
  answer_tool_call: { json: { call_id: 'call_1', result: 1 }, alice: 404 },
  approve_tool_call: { json: { call_id: 'call_1' }, alice: 404 },
  deny_tool_call: { json: { call_id: 'call_1' }, alice: 404 },
  get_grants: {},
  revoke_grant: { destroys: true },
  upload_message_audio: { file: true },
  get_message_audio: {},
  upload_attachment: { file: true },
  get_attachment: {},
  delete_attachment: { destroys: true },
  attach_nodes: { json: { node_ids: ['phone'] } },
  get_session_nodes: {},
  get_workspace: {},
  list_workspace_files: {},
  detach_node: { destroys: true },
  delete_session: { destroys: true },
};

const byName = new Map(routes.map((route) => [route.openapi.operationId ?? '', route]));

async function attempt(name: string, belongings: Belongings, token?: string) {
  const { path: written, json, file } = attempts[name] ?? {};
  const route = byName.get(name);
  const path = (written ?? route?.path ?? '')
    .replace('{session_id}', String(belongings.sessionId))
    .replace('{message_id}', String(belongings.messageId))
    .replace('{attachment_id}', String(belongings.attachmentId))
    .replace('{run_id}', decodeId(belongings.run)?.id ?? '')
    .replace('{grant_id}', decodeId(belongings.grant)?.id ?? '')
    .replace('{node_id}', belongings.nodeId);
  const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` });
  if (json) headers.set('content-type', 'application/json');
  const form = new FormData();
  form.set('file', new Blob([memo]), 'memo.wav');
  const response = await gateway.rest(path, {
    method: (route?.method ?? '').toUpperCase(),
    headers,
    body: json ? JSON.stringify(json) : file ? form : null,
  });
  const text = await response.text();
  return { status: response.status, challenge: response.headers.get('www-authenticate'), text };
}

/** Creates a session of alice with a message that has a recording. */
async function createAlices(): Promise<Belongings> {
  const belongings = await createBelongings(gateway, tokens.alice);
  expect((await attempt('upload_message_audio', belongings, tokens.alice)).status).toBe(200);
  const { sessionId, userId: grantedBy } = belongings;
  const data = { sessionId, grantedBy, toolName: 'run_command', argsHash: '' };
  const { id } = await gateway.services.database.toolGrant.create({ data });
  return { ...belongings, grant: encodeId('ToolGrant', id) };
}

test('every route has an attempt in this test', () => {
  expect(Object.keys(attempts).sort()).toEqual([...byName.keys()].sort());
});

describe.each(Object.entries(attempts))('%s', (name, { alice = 200, bob = 404, destroys = false }) => {
  test('a request without a token is refused with 401', async () => {
    const { status, challenge, text } = await attempt(name, alices);
    expect([status, challenge]).toEqual([401, 'Bearer']);
    expect(JSON.parse(text)).toEqual({ detail: expect.stringContaining('Say who you are') });
  });

  test('a request with the token of a node is refused with 403', async () => {
    const { status, text } = await attempt(name, alices, tokens.node);
    expect([status, JSON.parse(text)]).toEqual([
      403,
      { detail: 'The token of a node is for its agent, and opens nothing else.' },
    ]);
  });

  // The session of alice must still exist: bob would get 404 for a deleted one even without an access check.
  test(`bob gets ${bob} for the session of alice`, async () => {
    const { status, text } = await attempt(name, alices, tokens.bob);
    expect(status).toBe(bob);
    if (bob !== 404) return;
    const missing = await attempt(name, missingBelongings(alices), tokens.bob);
    expect(withoutNames(text)).toEqual(withoutNames(missing.text));
  });

  test.each(['alice', 'admin'] as const)('%s may use it', async (viewer) => {
    const belongings = destroys ? await createAlices() : alices;
    expect((await attempt(name, belongings, tokens[viewer])).status).toBe(alice);
  });
});

test('a session that is created without user_id belongs to the sender of the request', async () => {
  const headers = { authorization: `Bearer ${tokens.bob}`, 'content-type': 'application/json' };
  const created = await gateway.rest('/sessions/', { method: 'POST', headers, body: '{}' });
  expect(await created.json()).toMatchObject({ user_id: 'bob' });
});
