import { beforeAll, describe, expect, test } from 'vitest';
import { expectRefused, resultIn } from '../../support/gateway/hostile-door.ts';
import { type HostileGateway, shareHostileGateway } from '../../support/gateway/hostile-gateway.ts';

let gateway: HostileGateway;
let token = '';
beforeAll(async () => {
  gateway = await shareHostileGateway();
  const register = 'mutation { registerNode(input: { nodeId: "laptop" }) { token } }';
  token = (await gateway.query(register)).registerNode.token;
});

const beat =
  'mutation ($stats: NodeStatsInput!, $running: [ID!]!) { nodeHeartbeat(stats: $stats, running: $running) { unknownDispatchIds } }';
const append =
  'mutation ($id: ID!, $offset: Int!, $text: String!) { appendDispatchOutput(dispatchId: $id, offset: $offset, text: $text) { nextOffset isWanted } }';
const finish =
  'mutation ($id: ID!, $input: FinishDispatchInput!) { finishDispatch(dispatchId: $id, input: $input) { accepted } }';
const acknowledge =
  'mutation ($id: ID!, $instance: ID!) { acknowledgeDispatch(dispatchId: $id, instanceId: $instance) { proceed } }';
const check =
  'mutation ($id: ID!, $refusal: DispatchRefusalInput) { reportDispatchCheck(dispatchId: $id, refusal: $refusal) { accepted } }';
const inbox =
  'subscription ($input: NodeInboxInput!, $after: Int, $epoch: String) { nodeInbox(input: $input, after: $after, epoch: $epoch) { seq } }';
const attach =
  'mutation ($id: ID!, $nodeIds: [String!]!, $workspace: WorkspaceInput) { attachNodes(sessionId: $id, nodeIds: $nodeIds, workspace: $workspace) { id } }';

const nothing = {
  cpuPercent: 0,
  memoryUsedBytes: 0,
  memoryTotalBytes: 0,
  loadAverage: 0,
  runningDispatches: 0,
  uptimeSeconds: 0,
};
const opening = { capabilities: [], maxDispatches: 1, instanceId: 'a', running: [] };

/** Variables may be text, because `JSON.stringify` cannot write all of these. */
function send(query: string, variables: object | string, authorization = `Bearer ${token}`) {
  const given = typeof variables === 'string' ? variables : JSON.stringify(variables);
  return gateway.attack('/graphql/stream', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization },
    body: `{"query":${JSON.stringify(query)},"variables":${given}}`,
    until: 'event: complete',
  });
}

describe('an agent', () => {
  test.each([
    ['an invented token', `Bearer swn_${'a'.repeat(43)}`],
    ['a truncated token', 'Bearer swn_'],
    ['a token of 8,000 letters', `Bearer swn_${'a'.repeat(8_000)}`],
    ['a token in another case', 'bearer SWN_X'],
    ['a token with SQL in it', "Bearer swn_' OR '1'='1"],
    ['a token of __proto__', 'Bearer __proto__'],
    ['two tokens', 'Bearer swn_a, Bearer swn_b'],
    ['a user name and a password', 'Basic bGFwdG9wOmxhcHRvcA=='],
    ['a token that is not ASCII', 'Bearer swn_\u00e9'],
    ['an empty header', ''],
  ])('an agent with %s gets no inbox', async (_what, authorization) => {
    expectRefused(await send(inbox, { input: opening }, authorization));
    expectRefused(await send(beat, { stats: nothing, running: [] }, authorization));
  });

  test.each<[string, string, object | string]>([
    [
      'a load that is infinite',
      beat,
      `{"stats":${JSON.stringify({ ...nothing, loadAverage: 0 }).replace('"loadAverage":0', '"loadAverage":1e999')},"running":[]}`,
    ],
    ['a load that is NaN', beat, { stats: { ...nothing, loadAverage: 'NaN' }, running: [] }],
    ['a load that is a list', beat, { stats: { ...nothing, loadAverage: [[]] }, running: [] }],
    [
      '20,000 dispatches',
      beat,
      { stats: nothing, running: Array.from({ length: 20_000 }, (_, n) => `d${n}`) },
    ],
    ['a dispatch id of 1 MB', beat, { stats: nothing, running: ['a'.repeat(1_000_000)] }],
    ['a dispatch id that is a path', beat, { stats: nothing, running: ['../../a'] }],
    ['a dispatch id with a line break', acknowledge, { id: 'a\nb', instance: 'a' }],
    ['a process id of 1 MB', acknowledge, { id: 'a', instance: 'a'.repeat(1_000_000) }],
    ['output at minus one', append, { id: 'a', offset: -1, text: 'x' }],
    ['output beyond 32 bits', append, { id: 'a', offset: 2 ** 31, text: 'x' }],
    [
      'a result that is an object',
      finish,
      { id: 'a', input: { status: 'SUCCEEDED', result: { toString: 1 } } },
    ],
    [
      'an exit code that is text',
      finish,
      { id: 'a', input: { status: 'SUCCEEDED', result: '', exitCode: '3221225786' } },
    ],
    [
      'an exit code that is infinite',
      finish,
      '{"id":"a","input":{"status":"SUCCEEDED","result":"","exitCode":1e400}}',
    ],
    [
      'a check of a call with an id of 1 MB',
      check,
      { id: 'a'.repeat(1_000_000), refusal: { errorCode: 'POLICY', result: 'no' } },
    ],
    ['a check of a call whose id is a path', check, { id: '../../a', refusal: null }],
    ['a check of a call with a line break in its id', check, { id: 'a\r\nb', refusal: null }],
    ['a check of a call with an empty id', check, { id: '', refusal: null }],
    ['a check of a call whose id is an object', check, { id: { a: 1 }, refusal: null }],
    ['a check without a reason', check, { id: 'a', refusal: { errorCode: 'POLICY' } }],
    ['a check without a code', check, { id: 'a', refusal: { result: 'no' } }],
    [
      'a check with a code that only the gateway gives',
      check,
      { id: 'a', refusal: { errorCode: 'NODE_OFFLINE', result: 'no' } },
    ],
    [
      'a check with a code of __proto__',
      check,
      { id: 'a', refusal: { errorCode: '__proto__', result: 'no' } },
    ],
    [
      'a check with a reason that is a list',
      check,
      { id: 'a', refusal: { errorCode: 'POLICY', result: [['no']] } },
    ],
    [
      'a check with half a surrogate pair in its reason',
      check,
      '{"id":"a","refusal":{"errorCode":"POLICY","result":"\\ud800"}}',
    ],
    [
      'a check with a field that is not there',
      check,
      { id: 'a', refusal: { errorCode: 'POLICY', result: 'no', node: 'other' } },
    ],
    ['a status of __proto__', finish, { id: 'a', input: { status: '__proto__', result: '' } }],
    ['capabilities of __proto__', inbox, { input: { ...opening, capabilities: ['__proto__', '../exec'] } }],
    [
      '20,000 capabilities',
      inbox,
      { input: { ...opening, capabilities: Array.from({ length: 20_000 }, () => 'run_command ') } },
    ],
    ['an inbox for a billion dispatches', inbox, { input: { ...opening, maxDispatches: 1_000_000_000 } }],
    ['a version with a NUL', inbox, { input: { ...opening, agentVersion: '1\0' } }],
  ])('an agent that reports %s is refused', async (_what, query, variables) => {
    expectRefused(await send(query, variables));
  });

  test.each([
    ['output', append, { id: 'nobodys', offset: 0, text: 'x'.repeat(500_000) }],
    ['a result', finish, { id: 'nobodys', input: { status: 'SUCCEEDED', result: 'x'.repeat(500_000) } }],
    ['a start', acknowledge, { id: 'nobodys', instance: 'a' }],
    ['a check', check, { id: 'nobodys', refusal: null }],
    [
      'a long refusal',
      check,
      { id: 'nobodys', refusal: { errorCode: 'POLICY', result: '\u001b[2J\0'.repeat(100_000) } },
    ],
    ['a check of __proto__', check, { id: '__proto__', refusal: null }],
  ])('an agent that reports %s of an unknown dispatch is not believed', async (_what, query, variables) => {
    const { data, errors } = resultIn(await send(query, variables));
    const [answer] = Object.values(data ?? {}) as Record<string, unknown>[];
    const believed = Object.values(answer ?? {}).filter((value) => value === true);
    expect([believed, errors ?? []]).toEqual([[], expect.any(Array)]);
  });
});

describe('nodes to attach', () => {
  test.each([
    ['a name that is a path', { nodeIds: ['../../laptop'] }],
    ['the name __proto__', { nodeIds: ['__proto__'] }],
    ['a NUL in a name', { nodeIds: ['laptop\0'] }],
    ['SQL in a name', { nodeIds: ["laptop' OR '1'='1"] }],
    ['20,000 names', { nodeIds: Array.from({ length: 20_000 }, (_, n) => `n${n}`) }],
    ['a folder with a NUL', { nodeIds: ['laptop'], workspace: { source: 'NODE_LOCAL', path: '/home\0/x' } }],
    [
      'a folder of 1 MB',
      { nodeIds: ['laptop'], workspace: { source: 'SERVER', path: '/a'.repeat(500_000) } },
    ],
    ['a folder that is a list', { nodeIds: ['laptop'], workspace: { source: 'SERVER', path: [['/']] } }],
    ['an unknown source', { nodeIds: ['laptop'], workspace: { source: 'constructor', path: '/' } }],
  ])('an attachment of nodes with %s is refused', async (_what, variables) => {
    expectRefused(await send(attach, { id: gateway.sessionId, ...variables }));
  });
});

test('the token of a node is not logged', () => {
  expect(gateway.stdout).not.toContain(token);
});

test('hostile agents leave the gateway unharmed', () => gateway.expectUnharmed());
