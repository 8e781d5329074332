import { describe, expect, test } from 'vitest';
import { applyRunEvent, nothingYet, type RunEvent } from '../../src/console/state/answer.ts';
import type { MessagePartsFragment } from '../../src/gql/console/graphql.ts';

const message: MessagePartsFragment = {
  id: 'TWVzc2FnZToy',
  databaseId: 2,
  role: 'ASSISTANT',
  status: 'COMPLETE',
  content: 'All of it',
  reasoning: 'Why',
  createdAt: '2026-01-01T00:00:00.000Z',
  toolCalls: [],
  run: { id: 'UnVuOjE=', status: 'COMPLETED', error: null },
};

/** What is shown after each of the run events, in a few words. */
function shownAfter(...events: RunEvent[]): string[] {
  let answer = nothingYet;
  return events.map((event) => {
    answer = applyRunEvent(answer, event);
    const calls = answer.toolCalls.map(
      ({ name, status, output, result }) => `${name} ${status} ${result ?? output}`,
    );
    return [answer.status, answer.hasGap ? 'gap' : '', answer.reasoning, ...calls, answer.content].join('|');
  });
}

describe('an answer', () => {
  test('grows by its deltas', () => {
    expect(
      shownAfter(
        { __typename: 'RunStarted', seq: 1 },
        { __typename: 'ReasoningDelta', seq: 2, text: 'Hm' },
        { __typename: 'TextDelta', seq: 3, text: 'Hel' },
        { __typename: 'TextDelta', seq: 4, text: 'lo' },
      ),
    ).toEqual(['STREAMING|||', 'STREAMING||Hm|', 'STREAMING||Hm|Hel', 'STREAMING||Hm|Hello']);
  });

  test('that has a gap shows nothing of its text until it has ended, and then all of it', () => {
    expect(
      shownAfter(
        { __typename: 'TextDelta', seq: 1, text: 'All ' },
        { __typename: 'HistoryGap', seq: 2 },
        { __typename: 'TextDelta', seq: 3, text: ' it' },
        { __typename: 'RunCompleted', seq: 4, message },
      ),
    ).toEqual(['STREAMING|||All ', 'STREAMING|gap||', 'STREAMING|gap||', 'COMPLETE||Why|All of it']);
  });

  test('knows each tool call once, from its request for approval to its end', () => {
    const call = { callId: 'a', name: 'run', args: {}, nodeId: 'laptop' };
    expect(
      shownAfter(
        { __typename: 'ToolApprovalRequested', seq: 1, ...call },
        { __typename: 'ToolApprovalDecided', seq: 2, callId: 'a', decision: 'APPROVED' },
        { __typename: 'ToolCallStarted', seq: 3, ...call },
        { __typename: 'ToolOutputDelta', seq: 4, callId: 'a', text: 'out' },
        {
          __typename: 'ToolCallFinished',
          seq: 5,
          callId: 'a',
          status: 'SUCCEEDED',
          result: 'told',
          durationMs: 1,
        },
      ),
    ).toEqual([
      'STREAMING|||run AWAITING_APPROVAL |',
      'STREAMING|||run RUNNING |',
      'STREAMING|||run RUNNING |',
      'STREAMING|||run RUNNING out|',
      'STREAMING|||run SUCCEEDED told|',
    ]);
  });

  test('that failed says why and keeps what was written', () => {
    const failed = { ...message, status: 'FAILED', content: 'Half' } as const;
    const event: RunEvent = { __typename: 'RunFailed', seq: 1, reason: 'It broke.', message: failed };
    expect(applyRunEvent(nothingYet, event)).toMatchObject({
      status: 'FAILED',
      content: 'Half',
      failure: 'It broke.',
    });
  });
});
