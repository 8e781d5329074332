import { encodeGlobalID } from '@pothos/plugin-relay';
import { expect, test } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { aliceSession } from './fixtures.ts';
import { createGraphqlDouble } from './graphql-double.ts';
import { useRestServer } from './rest-server.ts';

const graphql = createGraphqlDouble();
const server = useRestServer(graphql);

const laptop = {
  __typename: 'SessionNode',
  node: { nodeId: 'laptop', displayName: 'Alice’s laptop' },
  syncStatus: 'SYNCED',
  connection: 'BUSY',
  lastSyncAt: '2026-01-31T12:00:00.000Z',
  error: null,
};
const desk = {
  ...laptop,
  node: { nodeId: 'desk', displayName: 'desk' },
  syncStatus: 'OFFLINE',
  connection: 'OFFLINE',
  lastSyncAt: null,
  error: 'The disk is full.',
};
const attached = { workspace: { id: '6f1c2e0a' }, nodes: [laptop, desk] };

test('a session shows its workspace, its nodes and the sync status of each node', async () => {
  graphql.script({ session: () => aliceSession(5, attached) });

  const response = await server.request('GET', '/sessions/5');

  expect(await response.json()).toMatchObject({
    sync_workspace_id: '6f1c2e0a',
    attached_node_ids: ['laptop', 'desk'],
    node_sync_status: { laptop: 'synced', desk: 'offline' },
  });
});

test('the nodes of a session are listed with their sync status and their connection', async () => {
  graphql.script({ session: () => aliceSession(5, attached) });

  const response = await server.request('GET', '/sessions/5/nodes');

  expect(await response.json()).toMatchInlineSnapshot(`
    {
      "nodes": [
        {
          "connection": "busy",
          "display_name": "Alice’s laptop",
          "error": null,
          "last_sync": "2026-01-31T12:00:00.000Z",
          "manifest_hash": null,
          "node_id": "laptop",
          "progress": null,
          "status": "synced",
        },
        {
          "connection": "offline",
          "display_name": "desk",
          "error": "The disk is full.",
          "last_sync": null,
          "manifest_hash": null,
          "node_id": "desk",
          "progress": null,
          "status": "offline",
        },
      ],
      "session_id": 5,
      "sync_workspace_id": "6f1c2e0a",
    }
  `);
});

test('attaching nodes returns them, and every field reaches GraphQL under its own name', async () => {
  graphql.script({ attachNodes: () => aliceSession(5, attached) });
  const config = { source: 'node_local', path: '/home/alice/trip', source_node_id: 'laptop' };

  const attach = await server.request('POST', '/sessions/5/nodes', { node_ids: ['laptop', 'desk'], config });
  await server.request('POST', '/sessions/5/nodes', { node_ids: ['laptop'] });

  expect(await attach.json()).toMatchObject({
    session_id: 5,
    nodes: [{ node_id: 'laptop' }, { node_id: 'desk' }],
  });
  const sessionId = encodeGlobalID('Session', 5);
  const workspace = { source: 'NODE_LOCAL', path: '/home/alice/trip', sourceNodeId: 'laptop' };
  expect(graphql.calls.map(({ variables }) => variables)).toEqual([
    { sessionId, nodeIds: ['laptop', 'desk'], workspace },
    { sessionId, nodeIds: ['laptop'] },
  ]);
});

test('the response to detaching a node names the session and the node', async () => {
  graphql.script({ detachNode: () => aliceSession(5) });

  const response = await server.request('DELETE', '/sessions/5/nodes/laptop');

  expect(await response.json()).toEqual({ message: 'Node detached', session_id: 5, node_id: 'laptop' });
  expect(graphql.calls[0]?.variables).toEqual({
    sessionId: encodeGlobalID('Session', 5),
    nodeId: 'laptop',
  });
});

test.for([
  ['nodeIds', ['body', 'node_ids'], ['laptop', '?']],
  ['nodeIds.1', ['body', 'node_ids', 1], '?'],
  ['workspace.sourceNodeId', ['body', 'config', 'source_node_id'], 'desk'],
  ['workspace.path', ['body', 'config', 'path'], null],
])(
  'an error that GraphQL reports at %s is reported at the REST field of the same meaning',
  async ([field, loc, input]) => {
    graphql.script({
      attachNodes: () => {
        throw new GatewayError('BAD_USER_INPUT', 'No.', { field });
      },
    });

    const body = { node_ids: ['laptop', '?'], config: { source: 'server', source_node_id: 'desk' } };
    const response = await server.request('POST', '/sessions/5/nodes', body);

    expect(response.status).toBe(422);
    expect(await response.json()).toEqual({ detail: [{ type: 'value_error', loc, msg: 'No.', input }] });
  },
);

/** Attaches nodes with an invalid body. Returns the `detail` of the 422, and checks that no document was executed. */
async function refusal(body: object) {
  const response = await server.request('POST', '/sessions/1/nodes', body);
  expect(response.status).toBe(422);
  expect(graphql.calls).toEqual([]);
  return ((await response.json()) as { detail: unknown }).detail;
}

test('attaching without node_ids is refused', async () => {
  expect(await refusal({})).toMatchInlineSnapshot(`
    [
      {
        "input": {},
        "loc": [
          "body",
          "node_ids",
        ],
        "msg": "Field required",
        "type": "missing",
      },
    ]
  `);
});

test.for([
  ['laptop', 'list_type', ['body', 'node_ids']],
  [[], 'too_short', ['body', 'node_ids']],
  [['laptop', 7], 'string_type', ['body', 'node_ids', 1]],
])('%o is refused as node_ids', async ([node_ids, type, loc]) => {
  expect(await refusal({ node_ids })).toMatchObject([{ type, loc }]);
});

test('an empty list of nodes is refused in the words of FastAPI', async () => {
  expect(await refusal({ node_ids: [] })).toMatchInlineSnapshot(`
    [
      {
        "ctx": {
          "actual_length": 0,
          "field_type": "List",
          "min_length": 1,
        },
        "input": [],
        "loc": [
          "body",
          "node_ids",
        ],
        "msg": "List should have at least 1 item after validation, not 0",
        "type": "too_short",
      },
    ]
  `);
});

test('a workspace from an unknown source is refused', async () => {
  const body = { node_ids: ['laptop'], config: { source: 'cloud' } };
  expect(await refusal(body)).toMatchObject([{ type: 'literal_error', loc: ['body', 'config', 'source'] }]);
});
