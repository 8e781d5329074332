import { describe, expect, test } from 'vitest';
import { collect, follow, type SeenRunEvent, until } from '../../support/gateway/chat.ts';
import { shareGuardedGateway } from '../../support/gateway/shared-gateway.ts';
import {
  approveCall,
  collectDeciding,
  denyCall,
  setToolApproval,
  toolCallsOf,
} from '../../support/gateway/tool-approval.ts';
import { text, toolCall } from '../../support/model/turn.ts';

const openSession = shareGuardedGateway();

const attachLaptop = 'mutation ($id: ID!) { attachNodes(sessionId: $id, nodeIds: ["laptop"]) { id } }';
const writes = [toolCall('w', 'write', { path: 'a' })];

/** The run events of tool calls in short form. */
function summaryOf(seen: SeenRunEvent[]) {
  return seen.flatMap(({ __typename, callId, decision, reason, status }) => {
    if (__typename === 'ToolCallStarted') return [`${callId} started`];
    if (__typename === 'ToolApprovalRequested') return [`${callId} asks`];
    if (__typename === 'ToolApprovalDecided') return [`${callId} ${decision} ${reason}`.trim()];
    return __typename === 'ToolCallFinished' ? [`${callId} ${status}`] : [];
  });
}

describe('a tool call that changes something', () => {
  const openHastySession = shareGuardedGateway({ TOOL_APPROVAL_TIMEOUT_MS: '100' });

  test('a tool call that changes something waits until a client approves it, and then runs', async () => {
    const session = await openSession();
    session.model.script(writes, [text('Written.')]);
    await session.query(attachLaptop, { id: session.sessionId });

    const seen = await collectDeciding(session.ask(), async (asked) => {
      expect(asked).toMatchObject({ callId: 'w', name: 'write', args: { path: 'a' } });
      expect(asked).toMatchObject({ nodeId: 'laptop', node: { displayName: 'laptop' } });
      expect(Date.parse(asked['expiresAt']) - Date.parse(asked['at'])).toBeCloseTo(300_000, -3);
      expect(await toolCallsOf(session, asked.runId)).toMatchObject([
        { callId: 'w', status: 'AWAITING_APPROVAL', result: null, nodeId: 'laptop' },
      ]);
      expect(session.tools.requests).toEqual([]);
      const { data } = await approveCall(session, asked);
      expect(data.toolCall.status).toMatch(/RUNNING|SUCCEEDED/);
    });

    expect(summaryOf(seen)).toEqual(['w started', 'w asks', 'w APPROVED', 'w SUCCEEDED']);
    expect(seen.find(({ __typename }) => __typename === 'ToolCallStarted')).toMatchObject({
      nodeId: 'laptop',
      node: { nodeId: 'laptop' },
    });
    expect(session.tools.requests).toHaveLength(1);
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Written.' } });
  });

  test('a denied tool call does not run, and the model is told why, in this run and in later ones', async () => {
    const session = await openSession();
    session.model.script(writes, [text('As you like.')], [text('I was not allowed to.')]);

    const seen = await collectDeciding(session.ask(), async (asked) => {
      const { data } = await denyCall(session, asked, ' Not on Fridays. ');
      expect(data.toolCall).toEqual({
        callId: 'w',
        status: 'DENIED',
        result: 'The user denied this call: Not on Fridays.',
        errorCode: 'DENIED',
        stopped: null,
      });
    });
    await collect(session.ask({ prompt: 'Why not?' }));

    expect(summaryOf(seen)).toEqual(['w started', 'w asks', 'w DENIED Not on Fridays.', 'w DENIED']);
    expect(session.tools.requests).toEqual([]);
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'As you like.' } });
    for (const request of [1, 2]) {
      expect(session.model.requests[request]?.body['messages']).toContainEqual({
        role: 'tool',
        tool_call_id: 'w',
        content: 'The user denied this call: Not on Fridays.',
      });
    }
  });

  test('a tool call is denied when no client decides in time', async () => {
    const session = await openHastySession();
    session.model.script(writes, [text('Nobody is there.')]);

    const seen = await collect(session.ask());

    expect(summaryOf(seen)).toEqual(['w started', 'w asks', 'w EXPIRED', 'w DENIED']);
    expect(await toolCallsOf(session, seen[0]?.runId ?? '')).toMatchObject([
      { status: 'DENIED', errorCode: 'APPROVAL_TIMEOUT', result: 'No user allowed the call in time.' },
    ]);
    expect(session.tools.requests).toEqual([]);
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted' });
  });

  test('a tool call keeps waiting after the connection is lost, and another follower of the run can decide', async () => {
    const session = await openSession();
    session.model.script(writes, [text('Written.')]);
    const asked = (await until(session.ask(), 'ToolApprovalRequested')).at(-1);

    const seenByBob = await collectDeciding(follow(session.client(), asked?.runId ?? ''), (again) => {
      expect(again).toEqual(asked);
      return approveCall(session, again);
    });

    expect(summaryOf(seenByBob)).toEqual(['w started', 'w asks', 'w APPROVED', 'w SUCCEEDED']);
  });

  test('a tool call that waits does not delay the other calls of its step', async () => {
    const session = await openSession();
    session.model.script([...writes, toolCall('r', 'read', {})], [text('Both done.')]);

    const seen: SeenRunEvent[] = [];
    for await (const event of session.ask()) {
      seen.push(event);
      if (event.__typename === 'ToolCallFinished' && event['callId'] === 'r') {
        await approveCall(session, { runId: event.runId, callId: 'w' });
      }
    }

    expect(summaryOf(seen)).toEqual([
      'w started',
      'w asks',
      'r started',
      'r SUCCEEDED',
      'w APPROVED',
      'w SUCCEEDED',
    ]);
    expect(seen.at(-1)?.['message'].toolCalls).toMatchObject([{ callId: 'w' }, { callId: 'r' }]);
  });
});

describe('two tool calls that change something', () => {
  test('two tool calls of one step are decided separately', async () => {
    const session = await openSession();
    session.model.script([...writes, toolCall('v', 'write', { path: 'b' })], [text('One of two.')]);

    const seen = await collectDeciding(session.ask(), (asked) =>
      asked['callId'] === 'w' ? denyCall(session, asked) : approveCall(session, asked),
    );

    expect(seen.at(-1)?.['message'].toolCalls).toMatchObject([
      { callId: 'w', status: 'DENIED', result: 'The user denied this call.' },
      { callId: 'v', status: 'SUCCEEDED' },
    ]);
    expect(session.tools.requests).toMatchObject([{ callId: 'v', args: { path: 'b' } }]);
  });
});

describe('toolApproval', () => {
  test('a session with AUTO runs a tool call that changes something at once', async () => {
    const session = await openSession();
    await setToolApproval(session, session.sessionId, 'AUTO');
    session.model.script(writes, [text('Written.')]);
    expect(summaryOf(await collect(session.ask()))).toEqual(['w started', 'w SUCCEEDED']);
  });

  test('a session with DENY denies a tool call that changes something at once, and runs one that only reads', async () => {
    const session = await openSession();
    await setToolApproval(session, session.sessionId, 'DENY');
    session.model.script([...writes, toolCall('r', 'read', {})], [text('I may only read.')]);

    const seen = await collect(session.ask());

    expect(summaryOf(seen).toSorted()).toEqual(['r SUCCEEDED', 'r started', 'w DENIED', 'w started']);
    expect(await toolCallsOf(session, seen[0]?.runId ?? '')).toMatchObject([
      {
        callId: 'w',
        errorCode: 'DENIED',
        result: 'Tools that change something are not allowed in this session.',
      },
      { callId: 'r', errorCode: null, result: 'what it says' },
    ]);
  });

  test('a change of toolApproval counts from the next tool call on, and a call that waits still waits', async () => {
    const session = await openSession();
    session.model.script(writes, [toolCall('v', 'write', {})], [text('Twice.')]);

    const seen = await collectDeciding(session.ask(), async (asked) => {
      await setToolApproval(session, session.sessionId, 'AUTO');
      expect(await toolCallsOf(session, asked.runId)).toMatchObject([{ status: 'AWAITING_APPROVAL' }]);
      await approveCall(session, asked);
    });

    expect(summaryOf(seen)).toEqual([
      'w started',
      'w asks',
      'w APPROVED',
      'w SUCCEEDED',
      'v started',
      'v SUCCEEDED',
    ]);
  });
});
