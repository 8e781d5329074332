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
