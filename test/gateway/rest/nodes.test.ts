import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { createRestClient, type Frame, type RestClient } from '../../support/http/rest-client.ts';
import { createRestCurl, type RestCurl } from '../../support/http/rest-curl.ts';
import { startNode } from '../../support/node/nodes.ts';

let gateway: TestGateway;
let rest: RestClient;
let commands: RestCurl;

beforeAll(async () => {
  gateway = await startTestGateway();
  rest = await createRestClient(gateway);
  commands = createRestCurl(gateway.url, rest);
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function createSession(settings: object = {}): Promise<number> {
  return (await rest.call('POST', '/sessions', { user_id: 'alice', ...settings })).json.id;
}

/** Sends a prompt and returns all frames of the stream. */
async function ask(sessionId: number, prompt: string): Promise<Frame['data'][]> {
  const frames: Frame['data'][] = [];
  for await (const { data } of rest.chat(sessionId, { prompt })) frames.push(data);
  return frames;
}

const pending = {
  ...{ display_name: expect.any(String), last_sync: null, error: null, progress: null },
  manifest_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
};

describe('the curl commands of the legacy documentation', () => {
  test('the documented curl commands attach nodes that are not registered, list them and detach one', async () => {
    const id = await createSession();

    const refused = await commands.curlJson('POST', `/sessions/${id}/nodes`, '{}');
    expect(refused).toEqual({
      status: 422,
      answer: { detail: [{ type: 'missing', loc: ['body', 'node_ids'], msg: 'Field required', input: {} }] },
    });

    const attached = await commands.curlJson(
      'POST',
      `/sessions/${id}/nodes`,
      '{"node_ids":["desk","phone"]}',
    );
    const offline = { ...pending, status: 'offline', connection: 'offline' };
    expect(attached).toEqual({
      status: 200,
      answer: {
        session_id: id,
        sync_workspace_id: expect.stringMatching(/^[\da-f-]{36}$/),
        nodes: [
          { ...offline, node_id: 'desk' },
          { ...offline, node_id: 'phone' },
        ],
      },
    });
    expect(await commands.curlJson('GET', `/sessions/${id}/nodes`)).toEqual(attached);
    expect((await commands.curlJson('GET', `/sessions/${id}`)).answer).toMatchObject({
      sync_workspace_id: attached.answer.sync_workspace_id,
      attached_node_ids: ['desk', 'phone'],
      node_sync_status: { desk: 'offline', phone: 'offline' },
    });

    const detached = await commands.curlJson('DELETE', `/sessions/${id}/nodes/desk`);
    expect(detached).toEqual({
      status: 200,
      answer: { message: expect.any(String), session_id: id, node_id: 'desk' },
    });
    expect((await commands.curlJson('DELETE', `/sessions/${id}/nodes/desk`)).status).toBe(404);
    expect((await commands.curlJson('GET', `/sessions/${id}`)).answer.attached_node_ids).toEqual(['phone']);
  });

  test('clearing the history keeps the nodes and the workspace of a session', async () => {
    const id = await createSession();
    const attached = await commands.curlJson('POST', `/sessions/${id}/nodes`, '{"node_ids":["desk"]}');
    await commands.curlJson('POST', `/sessions/${id}/clear-history`);
    expect(await commands.curlJson('GET', `/sessions/${id}/nodes`)).toEqual(attached);
  });
});

describe('the nodes of a session over REST', () => {
  test.each([
    'alice@office',
    'office.example:8022',
    'Büro 2',
    '100%',
    'a%2Fb',
    '.ssh',
    '机器 🖥️',
    'a?b#c&d=e+f;g',
    'x'.repeat(255),
  ])('a node called %s can be attached, listed and detached', async (name) => {
    const id = await createSession();
    const attached = await rest.call('POST', `/sessions/${id}/nodes`, { node_ids: [name] });
    expect(attached).toMatchObject({ status: 200, json: { nodes: [{ node_id: name }] } });

    const detached = await rest.call('DELETE', `/sessions/${id}/nodes/${encodeURIComponent(name)}`);
    expect(detached).toMatchObject({ status: 200, json: { node_id: name } });
    expect((await rest.call('GET', `/sessions/${id}/nodes`)).json.nodes).toEqual([]);
  });

  test('a node called a/b can be attached, and detached over GraphQL only: an encoded slash is refused', async () => {
    const id = await createSession();
    await rest.call('POST', `/sessions/${id}/nodes`, { node_ids: ['a/b'] });
    expect(await rest.call('DELETE', `/sessions/${id}/nodes/a%2Fb`)).toMatchObject({ status: 400 });
    expect((await rest.call('GET', `/sessions/${id}/nodes`)).json.nodes).toMatchObject([{ node_id: 'a/b' }]);
  });

  test('the nodes of a session are listed with their current connection', async () => {
    const id = await createSession();
    await using node = await startNode(gateway, 'laptop');
    await rest.call('POST', `/sessions/${id}/nodes`, { node_ids: ['laptop'] });

    const { json: online } = await rest.call('GET', `/sessions/${id}/nodes`);
    expect(online.nodes).toEqual([{ ...pending, node_id: 'laptop', status: 'synced', connection: 'online' }]);
    expect((await rest.call('GET', `/sessions/${id}`)).json.node_sync_status).toEqual({ laptop: 'synced' });

    node.leave();
    await expect
      .poll(async () => (await rest.call('GET', `/sessions/${id}/nodes`)).json.nodes[0], { timeout: 10_000 })
      .toMatchObject({ status: 'offline', connection: 'offline' });
  });

  test('a new session has no nodes and no workspace', async () => {
    const id = await createSession();
    const { json } = await rest.call('GET', `/sessions/${id}/nodes`);
    expect(json).toEqual({ session_id: id, sync_workspace_id: null, nodes: [] });
  });

  test('nodes that are attached again stay attached, and the origin of the files changes', async () => {
    const id = await createSession();
    const first = await rest.call('POST', `/sessions/${id}/nodes`, { node_ids: ['desk'] });
    const config = { source: 'node_local', path: '/home/alice', source_node_id: 'tower' };
    const again = await rest.call('POST', `/sessions/${id}/nodes`, { node_ids: ['tower', 'desk'], config });

    expect(again.json.nodes.map((node: { node_id: string }) => node.node_id)).toEqual(['desk', 'tower']);
    expect(again.json.sync_workspace_id).toBe(first.json.sync_workspace_id);
    const session = `{ sessionByDatabaseId(databaseId: ${id}) { workspace { source path sourceNodeId } } }`;
    expect((await gateway.graphql(session)).data.sessionByDatabaseId.workspace).toEqual({
      source: 'NODE_LOCAL',
      path: '/home/alice',
      sourceNodeId: 'tower',
    });
  });

  test.each([
    ['a malformed node id', { node_ids: ['desk', 'a\nb'] }, ['body', 'node_ids', 1]],
    ['more nodes than a session may have', { node_ids: manyNodes(101) }, ['body', 'node_ids']],
    [
      'a node_local workspace without source_node_id',
      { node_ids: ['desk'], config: { source: 'node_local' } },
      source('source_node_id'),
    ],
    [
      'a workspace from a node that is not attached',
      { node_ids: ['desk'], config: { source: 'node_local', source_node_id: 'phone' } },
      source('source_node_id'),
    ],
    [
      'a server workspace without a path',
      { node_ids: ['desk'], config: { source: 'server' } },
      source('path'),
    ],
    [
      'an empty workspace with a path',
      { node_ids: ['desk'], config: { source: 'empty', path: '/home/alice' } },
      source('path'),
    ],
  ])('attaching nodes with %s is refused and attaches no node', async (_what, body, loc) => {
    const id = await createSession();
    const { status, json } = await rest.call('POST', `/sessions/${id}/nodes`, body);
    expect(status).toBe(422);
    expect(json).toMatchObject({ detail: [{ loc, type: 'value_error' }] });
    expect((await rest.call('GET', `/sessions/${id}/nodes`)).json.nodes).toEqual([]);
  });

  test('the nodes of a session that does not exist get 404', async () => {
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['POST', '', { node_ids: ['desk'] }],
      ['DELETE', '/desk', undefined],
    ] as const) {
      const { status } = await rest.call(method, `/sessions/4242/nodes${path}`, body);
      expect(status).toBe(404);
    }
  });

  test('detaching a node with a malformed id is refused with 422', async () => {
    const id = await createSession();
    const { status, json } = await rest.call('DELETE', `/sessions/${id}/nodes/a%0Ab`);
    expect([status, json.detail[0].loc]).toEqual([422, ['path', 'node_id']]);
  });
});

describe('a tool call in a session made over REST', () => {
  test('a tool call in a session made over REST runs without an approval and is part of the history', async () => {
    await using node = await startNode(gateway, 'desktop');
    const id = await createSession();
    await rest.call('POST', `/sessions/${id}/nodes`, { node_ids: ['desktop'] });

    const answering = ask(id, 'run `uname`');
    const { dispatchId, tool, args } = await node.take();
    expect([tool, args]).toEqual(['run_command', { command: 'uname' }]);
    await node.print(dispatchId, 0, 'Linux\n');
    await node.finish(dispatchId, { result: 'Linux\n', exitCode: 0 });

    const frames = await answering;
    expect(frames.map(({ type }) => type)).not.toContain('error');
    expect(frames.at(-1)).toMatchObject({
      type: 'finish',
      full_answer: expect.stringContaining('```\nLinux\n```'),
    });
    expect(frames.find(({ type }) => type === 'tool_start')).toMatchObject({ node_id: 'desktop' });
    const { json: history } = await rest.call('GET', `/sessions/${id}/messages`);
    expect(history.messages[1].tool_calls).toMatchObject([
      { name: 'run_command', status: 'succeeded', node_id: 'desktop', error_code: null, exit_code: 0 },
    ]);
  });

  test('a tool is not offered to the model if the session denies it', async () => {
    await using _node = await startNode(gateway, 'tablet');
    const id = await createSession({ tool_approval: 'auto' });
    await rest.call('POST', `/sessions/${id}/nodes`, { node_ids: ['tablet'] });
    const { json: session } = await rest.call('PATCH', `/sessions/${id}`, { tool_approval: 'deny' });
    expect(session.tool_approval).toBe('deny');

    const frames = await ask(id, 'run `uname`');

    expect(frames.at(-1)?.full_answer).toMatch(/`run_command`.*`DENY`/s);
  });
});

function manyNodes(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `node-${index}`);
}

function source(field: string): string[] {
  return ['body', 'config', field];
}
