import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { refusal, resultIn } from '../../support/gateway/refusal.ts';
import { asNode } from '../../support/node/node-reports.ts';
import { registerNode } from '../../support/node/nodes.ts';

let gateway: TestGateway;
let token: string;
let sessionId: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  token = await registerNode(gateway, 'laptop');
  sessionId = await gateway.createSession();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const register = 'mutation ($input: RegisterNodeInput!) { registerNode(input: $input) { token } }';
const update = 'mutation ($input: UpdateNodeInput!) { updateNode(nodeId: "laptop", input: $input) { id } }';
const attach =
  'mutation ($id: ID!, $nodeIds: [String!]!, $workspace: WorkspaceInput) { attachNodes(sessionId: $id, nodeIds: $nodeIds, workspace: $workspace) { id } }';
const read = 'query ($nodeId: String!) { agentNode(nodeId: $nodeId) { id } }';
const append =
  'mutation ($id: ID!, $offset: Int!, $text: String!) { appendDispatchOutput(dispatchId: $id, offset: $offset, text: $text) { nextOffset } }';
const finish =
  'mutation ($id: ID!, $input: FinishDispatchInput!) { finishDispatch(dispatchId: $id, input: $input) { accepted } }';
const beat =
  'mutation ($stats: NodeStatsInput!, $running: [ID!]!) { nodeHeartbeat(stats: $stats, running: $running) { unknownDispatchIds } }';
const acknowledge =
  'mutation ($id: ID!, $instance: ID!) { acknowledgeDispatch(dispatchId: $id, instanceId: $instance) { proceed } }';
const inbox = 'subscription ($input: NodeInboxInput!) { nodeInbox(input: $input) { seq } }';
const create = 'mutation ($input: CreateSessionInput!) { createSession(input: $input) { id } }';

const stats = {
  cpuPercent: 0,
  memoryUsedBytes: 0,
  memoryTotalBytes: 0,
  loadAverage: 0,
  runningDispatches: 0,
  uptimeSeconds: 0,
};
const opening = { capabilities: [], maxDispatches: 1, instanceId: 'a', running: [] };
const lone = 'half \ud83d';

type Row = [what: string, query: string, variables: object, field: string | RegExp];

const rows: Row[] = [
  ['a node without a name', register, { input: { nodeId: '' } }, 'input.nodeId'],
  ['a blank name', register, { input: { nodeId: ' ' } }, 'input.nodeId'],
  ['a name that is a dot segment', register, { input: { nodeId: '..' } }, 'input.nodeId'],
  ['a name with a dot segment', register, { input: { nodeId: 'etc/../laptop' } }, 'input.nodeId'],
  ['a name of 256 letters', register, { input: { nodeId: 'a'.repeat(256) } }, 'input.nodeId'],
  ['a name with a control character', register, { input: { nodeId: 'lap\x1b[31mtop' } }, 'input.nodeId'],
  ['a name with half a surrogate pair', register, { input: { nodeId: lone } }, 'input.nodeId'],
  ['a name that ends its line', register, { input: { nodeId: 'laptop\n' } }, 'input.nodeId'],
  ['a blank display name', register, { input: { nodeId: 'x', displayName: ' ' } }, 'input.displayName'],
  [
    'a display name that is too long',
    update,
    { input: { displayName: 'a'.repeat(201) } },
    'input.displayName',
  ],
  [
    'a display name with half a surrogate pair',
    update,
    { input: { displayName: lone } },
    'input.displayName',
  ],
  ['a description with a NUL', update, { input: { description: 'a\0b' } }, 'input.description'],
  [
    'a description that is too long',
    update,
    { input: { description: 'a'.repeat(2_001) } },
    'input.description',
  ],
  ['a malformed node id in a query', read, { nodeId: 'a\nb' }, 'nodeId'],

  ['an empty list of nodes to attach', attach, { nodeIds: [] }, 'nodeIds'],
  ['a bad name to attach', attach, { nodeIds: ['ok', 'not\nok'] }, /nodeIds/],
  ['far too many nodes', attach, { nodeIds: Array.from({ length: 1_001 }, (_, n) => `n${n}`) }, 'nodeIds'],
  ['a bad name in a new session', create, { input: { nodeIds: ['not\nok'] } }, /input\.nodeIds/],
  [
    'a folder with half a surrogate pair',
    attach,
    { nodeIds: ['laptop'], workspace: { source: 'SERVER', path: lone } },
    'workspace.path',
  ],

  ['a dispatch without an id', acknowledge, { id: '', instance: 'a' }, 'dispatchId'],
  ['an instance id with a space', acknowledge, { id: 'a', instance: 'a b' }, 'instanceId'],
  ['a negative offset', append, { id: 'a', offset: -1, text: '' }, 'offset'],
  ['an offset beyond the largest output', append, { id: 'a', offset: 2 ** 31 - 1, text: 'a' }, 'offset'],
  ['output with half a surrogate pair', append, { id: 'a', offset: 0, text: lone }, 'text'],
  [
    'a result with half a surrogate pair',
    finish,
    { id: 'a', input: { status: 'SUCCEEDED', result: lone } },
    'input.result',
  ],
  [
    'an error code that agents may not report',
    finish,
    { id: 'a', input: { status: 'FAILED', result: '', errorCode: 'DENIED' } },
    /errorCode/,
  ],
  [
    'negative memory',
    beat,
    { stats: { ...stats, memoryUsedBytes: -1 }, running: [] },
    'stats.memoryUsedBytes',
  ],
  [
    'a load that is not a number',
    beat,
    { stats: { ...stats, loadAverage: '1' }, running: [] },
    /loadAverage/,
  ],
  ['far too many dispatches', beat, { stats, running: Array(1_001).fill('a') }, 'running'],
  [
    'an agent that accepts no dispatches',
    inbox,
    { input: { ...opening, maxDispatches: 0 } },
    'input.maxDispatches',
  ],
  [
    'an agent that accepts too many dispatches',
    inbox,
    { input: { ...opening, maxDispatches: 65 } },
    'input.maxDispatches',
  ],
  [
    'a capability with a strange name',
    inbox,
    { input: { ...opening, capabilities: ['rm -rf'] } },
    /input\.capabilities/,
  ],
  ['an empty instance id', inbox, { input: { ...opening, instanceId: '' } }, 'input.instanceId'],
  [
    'a version that is too long',
    inbox,
    { input: { ...opening, agentVersion: 'a'.repeat(101) } },
    'input.agentVersion',
  ],
];

test.each(rows)('%s is refused, and the error names the argument', async (_what, query, variables, field) => {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${token}`,
  };
  const body = JSON.stringify({ query, variables: { id: sessionId, ...variables } });
  const result = resultIn(
    await refusal(gateway, () => fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body })),
  );
  const [error] = result.errors ?? [];
  expect(error?.extensions['code']).toBe('BAD_USER_INPUT');
  if (typeof field === 'string') expect(error?.extensions['field']).toBe(field);
  else expect(error?.message).toMatch(field);
});

test('a refusal does not repeat the token of the node', async () => {
  const { errors } = await asNode(gateway.url, token, finish, { id: 'a', input: {} });
  expect(JSON.stringify(errors)).not.toContain(token.slice(4));
});
