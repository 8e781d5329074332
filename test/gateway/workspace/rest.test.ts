import { beforeAll, expect, test } from 'vitest';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { openSharedFiles, reportFor } from '../../support/gateway/shared-files.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { createRestClient, type RestClient } from '../../support/http/rest-client.ts';
import { startNode } from '../../support/node/nodes.ts';

const shared = shareGateway(() => startTestGateway());
let rest: RestClient;

beforeAll(async () => {
  rest = await createRestClient(shared());
});

const uuid = expect.stringMatching(/^[\da-f-]{36}$/);
const hash = expect.stringMatching(/^[0-9a-f]{64}$/);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);

test('the workspace of a session and its files are read over REST, which clients of the legacy API know', async () => {
  const files = await openSharedFiles(shared());
  await files.write('b.txt', 'hello');
  await files.write('docs/ü #1.txt', 'x');
  const { status, json } = await rest.call('GET', `/sessions/${files.databaseId}/workspace`);
  expect([status, json]).toEqual([
    200,
    {
      session_id: files.databaseId,
      sync_workspace_id: files.workspaceId,
      source: 'empty',
      path: null,
      source_node_id: null,
      is_shared: true,
      manifest_hash: hash,
      file_count: 2,
      total_bytes: 6,
      conflicts: [],
    },
  ]);
  const list = await rest.call('GET', `/sessions/${files.databaseId}/workspace/files`);
  const file = { mode: 0o644, sha256: hash, modified_at: time, link_target: null };
  const at = `/workspaces/${files.workspaceId}/files`;
  const [first, second] = [
    { ...file, path: 'b.txt', size: 5, download_url: `${at}/b.txt` },
    { ...file, path: 'docs/ü #1.txt', size: 1, download_url: `${at}/docs/%C3%BC%20%231.txt` },
  ];
  expect(list.json).toEqual({ session_id: files.databaseId, files: [first, second] });
  const under = await rest.call('GET', `/sessions/${files.databaseId}/workspace/files?under=docs`);
  expect(under.json.files).toEqual([second]);
  const wrong = await rest.call('GET', `/sessions/${files.databaseId}/workspace/files?under=../docs`);
  expect(wrong.status).toBe(422);
});

test('a list of more files than one page is whole', async () => {
  const files = await openSharedFiles(shared());
  for (let index = 0; index < 120; index += 1) await files.write(`${index}`, 'x');
  const { json } = await rest.call('GET', `/sessions/${files.databaseId}/workspace/files`);
  expect(json.files).toHaveLength(120);
});

test('a session without a workspace has null for it, and no files', async () => {
  const { json } = await rest.call('POST', '/sessions', {});
  expect(await rest.call('GET', `/sessions/${json.id}/workspace`)).toMatchObject({ status: 404 });
  const files = await rest.call('GET', `/sessions/${json.id}/workspace/files`);
  expect(files.json).toEqual({ session_id: json.id, files: [] });
  expect(await rest.call('GET', '/sessions/999999/workspace')).toMatchObject({ status: 404 });
  expect(await rest.call('GET', '/sessions/999999/workspace/files')).toMatchObject({ status: 404 });
});

test('a legacy client sees how far each node is, and waits for `synced` with success', async () => {
  await using node = await startNode(shared(), 'laptop', { syncsWorkspaces: true });
  const { json: session } = await rest.call('POST', '/sessions', {});
  const config = { source: 'empty', path: null, source_node_id: null };
  const attached = await rest.call('POST', `/sessions/${session.id}/nodes`, {
    node_ids: ['laptop', 'phone'],
    config,
  });
  const shown = { display_name: 'laptop', last_sync: null, error: null, progress: null, manifest_hash: null };
  expect(attached.json).toEqual({
    session_id: session.id,
    sync_workspace_id: uuid,
    nodes: [
      { ...shown, node_id: 'laptop', status: 'pending', connection: 'online' },
      { ...shown, node_id: 'phone', display_name: 'phone', status: 'offline', connection: 'offline' },
    ],
  });
  const laptop = async () => (await rest.call('GET', `/sessions/${session.id}/nodes`)).json.nodes[0];
  const report = (body: object) => reportFor(shared(), attached.json.sync_workspace_id, node.token, body);

  await report({ filesDone: 1, filesTotal: 2, bytesDone: 5, bytesTotal: 5_000_000_000 });
  expect(await laptop()).toMatchObject({
    status: 'syncing',
    progress: { files_done: 1, files_total: 2, bytes_done: 5, bytes_total: 5_000_000_000 },
  });
  await report({ status: 'SYNCED', revision: 0, manifestHash: '0'.repeat(64) });
  expect(await laptop()).toMatchObject({
    status: 'synced',
    progress: null,
    manifest_hash: '0'.repeat(64),
    last_sync: time,
  });
  const { json } = await rest.call('GET', `/sessions/${session.id}`);
  expect(json).toMatchObject({
    sync_workspace_id: attached.json.sync_workspace_id,
    node_sync_status: { laptop: 'synced', phone: 'offline' },
  });
  await report({ status: 'ERROR', error: 'The disk is full.' });
  expect(await laptop()).toMatchObject({ status: 'error', error: 'The disk is full.', last_sync: time });
});
