import { describe, expect, test } from 'vitest';
import { collect, follow, type SeenRunEvent, until } from '../../support/gateway/chat.ts';
import { shareGuardedGateway } from '../../support/gateway/shared-gateway.ts';
import { approveCall, type GuardedChat, toolCallsOf } from '../../support/gateway/tool-approval.ts';
import { text, toolCall } from '../../support/model/turn.ts';

const openSession = shareGuardedGateway();

const cancelRun = `mutation ($runId: ID!) { cancelRun(input: { runId: $runId }) {
  cancelled toolCalls { callId status result stopped }
} }`;

/** Sends a prompt, follows the run until a tool call waits for an approval, and disconnects. */
async function asked(session: GuardedChat): Promise<SeenRunEvent> {
  session.model.script([text('Let me. '), toolCall('w', 'write', {})], [text('Done.')]);
  return (await until(session.ask(), 'ToolApprovalRequested')).at(-1) as SeenRunEvent;
}

const neverRan = { callId: 'w', status: 'CANCELLED', result: 'Cancelled before it ran.', stopped: true };

describe('a run that waits for an approval', () => {
  test('a run that waits for an approval can be cancelled, and its tool call neither runs nor can be approved', async () => {
    const session = await openSession();
    const call = await asked(session);

    const { data } = await session.graphql(cancelRun, { runId: call.runId });

    expect(data.cancelRun).toEqual({ cancelled: true, toolCalls: [neverRan] });
    const { errors } = await approveCall(session, call);
    expect(errors).toMatchObject([
      {
        message: 'The run was cancelled, so this tool call needs no decision.',
        extensions: { code: 'CONFLICT' },
      },
    ]);
    const seen = await collect(follow(session.client(), call.runId));
    expect(seen.map(({ __typename }) => __typename).slice(-3)).toEqual([
      'ToolApprovalRequested',
      'ToolCallFinished',
      'RunCancelled',
    ]);
    expect(session.tools.requests).toEqual([]);
  });

  test('a run that is cancelled while it starts 500 tool calls runs none of them', async () => {
    const session = await openSession();
    const calls = Array.from({ length: 500 }, (_, index) => toolCall(`w${index}`, 'write', {}));
    session.model.script(calls);
    const call = (await until(session.ask(), 'ToolApprovalRequested')).at(-1) as SeenRunEvent;

    await session.graphql(cancelRun, { runId: call.runId });

    const made = await toolCallsOf(session, call.runId);
    const cancelled = made.filter(({ status }: { status: string }) => status === 'CANCELLED');
    expect(cancelled.length).toBeGreaterThan(0);
    expect(new Set(cancelled.map(({ stopped }: { stopped: boolean }) => stopped))).toEqual(new Set([true]));
    // Those beyond the limit of a step may have been refused before.
    const others = made.filter((each: { status: string }) => !cancelled.includes(each));
    expect(others.filter(({ status }: { status: string }) => status !== 'FAILED')).toEqual([]);
    expect(session.tools.requests).toEqual([]);
  });

  test('a tool call that waits cannot be approved after its session was deleted', async () => {
    const session = await openSession();
    const call = await asked(session);
    await session.query('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', {
      id: session.sessionId,
    });
    const { errors } = await approveCall(session, call);
    expect(errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
    expect(session.tools.requests).toEqual([]);
  });
});
