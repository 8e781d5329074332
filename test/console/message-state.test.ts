import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/client/run-events.ts';
import { partsOf } from '../../src/console/state/answer-parts.ts';
import { applyRunEvent, emptyAnswer } from '../../src/console/state/message-state.ts';
import type { AnswerPartsFragment, UsagePartsFragment } from '../../src/gql/client/graphql.ts';

const runId = 'UnVuOjE=';

const message: AnswerPartsFragment = {
  id: 'TWVzc2FnZToy',
  databaseId: 2,
  role: 'ASSISTANT',
  status: 'COMPLETE',
  content: 'All of it',
  reasoning: 'Why',
  tokenCount: 3,
  createdAt: '2026-01-01T00:00:00.000Z',
  toolCalls: [],
  steeredPrompts: [],
  run: { id: runId, status: 'COMPLETED', error: null },
};

const usage: UsagePartsFragment = {
  providerName: 'demo',
  modelName: 'demo',
  inputTokens: 3,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 3,
  reasoningTokens: 0,
  totalTokens: 6,
  measured: false,
};

/** What is shown after each of the run events, in a few words. */
function shownAfter(...events: RunEvent[]): string[] {
  let answer = emptyAnswer;
  return events.map((event) => {
    answer = applyRunEvent(answer, event);
    const calls = answer.toolCalls.map(
      ({ name, status, output, result }) => `${name} ${status} ${result ?? output}`,
    );
    return [answer.status, answer.hasGap ? 'gap' : '', answer.reasoning, ...calls, answer.content].join('|');
  });
}

test('an answer grows by its deltas', () => {
  expect(
    shownAfter(
      { __typename: 'RunStarted', runId, seq: 1, assistantMessageId: message.id },
      { __typename: 'ReasoningDelta', runId, seq: 2, text: 'Hm' },
      { __typename: 'TextDelta', runId, seq: 3, text: 'Hel' },
      { __typename: 'TextDelta', runId, seq: 4, text: 'lo' },
    ),
  ).toEqual(['STREAMING|||', 'STREAMING||Hm|', 'STREAMING||Hm|Hel', 'STREAMING||Hm|Hello']);
});

test('an answer that has a gap shows no text until it has ended, and then all of it', () => {
  expect(
    shownAfter(
      { __typename: 'TextDelta', runId, seq: 1, text: 'All ' },
      { __typename: 'HistoryGap', runId, seq: 2, fromSeq: 2, toSeq: 2 },
      { __typename: 'TextDelta', runId, seq: 3, text: ' it' },
      { __typename: 'RunCompleted', runId, seq: 4, finishReason: 'STOP', message, usage },
    ),
  ).toEqual(['STREAMING|||All ', 'STREAMING|gap||', 'STREAMING|gap||', 'COMPLETE||Why|All of it']);
});

test('an answer shows what stays of it when another gateway goes on with its run, also without the run events before', () => {
  const resumed = {
    ...({ __typename: 'RunResumed', runId, content: 'All', reasoning: 'Why' } as const),
    ...{ textOffset: 3, reasoningOffset: 3 },
  };
  expect(
    shownAfter(
      { __typename: 'TextDelta', runId, seq: 1, text: 'All that' },
      { ...resumed, seq: 2 },
      { __typename: 'HistoryGap', runId, seq: 9, fromSeq: 3, toSeq: 9 },
      { ...resumed, seq: 10 },
      { __typename: 'TextDelta', runId, seq: 11, text: ' of it' },
    ),
  ).toEqual([
    'STREAMING|||All that',
    'STREAMING||Why|All',
    'STREAMING|gap||',
    'STREAMING||Why|All',
    'STREAMING||Why|All of it',
  ]);
});

test('an answer has each tool call once, from its request for approval to its end', () => {
  const call = { callId: 'a', name: 'run', args: {}, nodeId: 'laptop' };
  expect(
    shownAfter(
      { __typename: 'ToolApprovalRequested', runId, seq: 1, ...call, expiresAt: message.createdAt },
      {
        __typename: 'ToolApprovalDecided',
        runId,
        seq: 2,
        callId: 'a',
        decision: 'APPROVED',
        reason: '',
        byGrant: false,
      },
      { __typename: 'ToolCallStarted', runId, seq: 3, ...call, textOffset: 0, reasoningOffset: 0 },
      { __typename: 'ToolOutputDelta', runId, seq: 4, callId: 'a', text: 'out' },
      {
        __typename: 'ToolCallFinished',
        runId,
        seq: 5,
        callId: 'a',
        name: 'run',
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

test('an answer that failed says why and keeps what was written', () => {
  const failed = { ...message, status: 'FAILED', content: 'Half' } as const;
  const ended = { runId, seq: 1, message: failed, usage };
  const event: RunEvent = { __typename: 'RunFailed', ...ended, code: 'INTERNAL', reason: 'It broke.' };
  expect(applyRunEvent(emptyAnswer, event)).toMatchObject({
    status: 'FAILED',
    content: 'Half',
    failure: 'It broke.',
  });
});

test('a prompt that has joined stands behind the calls before it, also where nothing was written between two steps', () => {
  const call = (callId: string, seq: number): RunEvent => ({
    ...{ __typename: 'ToolCallStarted', runId, seq, callId, name: 'read', args: {}, nodeId: null },
    ...{ textOffset: 2, reasoningOffset: 0 },
  });
  const joined = (content: string, seq: number, callsBefore: number): RunEvent => ({
    ...{ __typename: 'PromptSteered', runId, seq, answerId: message.id, callsBefore },
    ...{ textOffset: 2, reasoningOffset: 0, message: { id: `prompt ${content}`, databaseId: 7, content } },
  });
  const events: RunEvent[] = [
    { __typename: 'TextDelta', runId, seq: 2, text: 'Hm' },
    call('a', 3),
    joined('Blue', 4, 1),
    call('b', 5),
    joined('Bold', 6, 2),
    // A gateway that goes on with the run tells it again.
    joined('Bold', 7, 2),
    { __typename: 'TextDelta', runId, seq: 8, text: '\n\nDone' },
  ];
  const parts = partsOf(events.reduce(applyRunEvent, emptyAnswer));
  const words = parts.map((part) => {
    if (part.type === 'call') return `call ${part.call.callId}`;
    return part.type === 'prompt' ? `prompt ${part.prompt.content}` : part.text;
  });
  expect(words).toEqual(['Hm', 'call a', 'prompt Blue', 'call b', 'prompt Bold', 'Done']);
});
