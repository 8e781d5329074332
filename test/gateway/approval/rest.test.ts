import { expect, test } from 'vitest';
import { shareGuardedGateway } from '../../support/gateway/shared-gateway.ts';
import { approveCall, denyCall, type GuardedChat } from '../../support/gateway/tool-approval.ts';
import { createRestClient, type Frame } from '../../support/http/rest-client.ts';
import { text, toolCall } from '../../support/model/turn.ts';

const openSession = shareGuardedGateway();

/** The frames of the REST API about a tool call that another client decides over GraphQL. */
async function toolFrames(session: GuardedChat, decide: typeof approveCall) {
  session.model.script([toolCall('w', 'write', { path: 'a' })], [text('Done.')]);
  const rest = await createRestClient(session);
  const data = await session.query('query ($id: ID!) { session(id: $id) { databaseId } }', {
    id: session.sessionId,
  });
  const frames: Frame[] = [];
  for await (const frame of rest.chat(data.session.databaseId, { prompt: 'Go' })) {
    frames.push(frame);
    const { status, call_id: callId } = frame.data;
    const run = frame.id?.split(':')[0];
    const runId = Buffer.from(`Run:${run}`).toString('base64');
    if (status === 'awaiting_approval') await decide(session, { runId, callId });
  }
  expect(frames.at(-1)?.data).toMatchObject({ type: 'finish', full_answer: 'Done.' });
  return frames.map(({ data }) => data).filter(({ call_id }) => call_id === 'w');
}

const asking = [
  {
    type: 'tool_start',
    call_id: 'w',
    name: 'write',
    args: { path: 'a' },
    node_id: 'laptop',
    text_offset: 0,
    reasoning_offset: 0,
  },
  { type: 'status', status: 'awaiting_approval', call_id: 'w' },
];
const decided = { type: 'status', status: 'running', call_id: 'w', decided_by: 'anonymous' };
const ended = { type: 'tool_result', call_id: 'w', name: 'write', duration_ms: expect.any(Number) };

test('a client of the REST API sees that a tool call waits, and then runs', async () => {
  const session = await openSession();
  expect(await toolFrames(session, approveCall)).toEqual([
    ...asking,
    { ...decided, decision: 'approved' },
    { ...ended, result: 'written', status: 'succeeded', error_code: null, exit_code: null },
  ]);
});

test('a client of the REST API sees that a tool call was denied', async () => {
  const session = await openSession();
  const result = 'The user denied this call.';
  expect(await toolFrames(session, denyCall)).toEqual([
    ...asking,
    { ...decided, decision: 'denied' },
    { ...ended, result, status: 'denied', error_code: 'DENIED', exit_code: null },
  ]);
});

test('a client of the REST API approves with other arguments, lists what is remembered, and revokes it', async () => {
  const session = await openSession();
  await session.query('mutation { registerNode(input: { nodeId: "laptop" }) { token } }');
  const attach = `mutation ($id: ID!) { attachNodes(sessionId: $id, nodeIds: ["laptop"]) { databaseId } }`;
  const { databaseId } = (await session.query(attach, { id: session.sessionId })).attachNodes;
  session.model.script(
    [toolCall('w', 'write', { path: 'a' })],
    [toolCall('v', 'write', { path: 'b' }), toolCall('x', 'write', { path: 'c' })],
    [text('Done.')],
  );
  const rest = await createRestClient(session);
  const decide = async (runId: string, how: string, body: object) =>
    await rest.call('POST', `/runs/${runId}/tool-calls/${how}`, body);
  const decisions: unknown[] = [];
  for await (const { id, data } of rest.chat(databaseId, { prompt: 'Go' })) {
    const { status, call_id } = data;
    const runId = id?.split(':')[0] ?? '';
    if (data.decision) decisions.push(data);
    if (status !== 'awaiting_approval') continue;
    const approval = { call_id, args: { path: 'b' }, remember: 'exact' };
    if (call_id === 'w') {
      expect((await decide(runId, 'approve', { call_id: 'nobody' })).status).toBe(404);
      expect((await decide(runId, 'approve', { ...approval, args: 'rm' })).status).toBe(422);
      expect((await decide(runId, 'approve', { ...approval, remember: 'ever' })).status).toBe(422);
      const { status: code, json } = await decide(runId, 'approve', approval);
      expect([code, json]).toMatchObject([
        200,
        { call_id, args: { path: 'a' }, changed_args: { path: 'b' }, decision: 'approved', by_grant: false },
      ]);
      expect((await decide(runId, 'deny', { call_id })).status).toBe(409);
    } else {
      expect((await decide(runId, 'deny', { call_id, reason: 'No.' })).json).toMatchObject({
        status: 'denied',
        decision: 'denied',
        decided_by: 'anonymous',
      });
    }
  }
  expect(decisions).toMatchObject([
    { call_id: 'w', decision: 'approved', changed_args: { path: 'b' } },
    { call_id: 'v', decision: 'approved', by_grant: true, decided_by: 'anonymous' },
    { call_id: 'x', decision: 'denied' },
  ]);

  const { json } = await rest.call('GET', `/sessions/${databaseId}/grants`);
  expect(json).toMatchObject({
    session_id: databaseId,
    grants: [{ tool_name: 'write', args: { path: 'b' }, node_id: 'laptop', granted_by: 'anonymous' }],
  });
  const path = `/grants/${(json as { grants: { id: number }[] }).grants[0]?.id}`;
  expect((await rest.call('DELETE', path)).json).toEqual({ session_id: databaseId, grants: [] });
  expect((await rest.call('DELETE', path)).status).toBe(404);
});
