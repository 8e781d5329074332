import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type SeenRunEvent, until } from '../../support/gateway/chat.ts';
import type { GraphQLAnswer } from '../../support/gateway/gateway-api.ts';
import {
  approveCall,
  type Call,
  collectDeciding,
  denyCall,
  type GuardedChat,
  startGuardedChat,
} from '../../support/gateway/tool-approval.ts';
import { createGate, text, toolCall } from '../../support/model/turn.ts';

let session: GuardedChat;

beforeEach(async () => {
  session = await startGuardedChat();
  session.model.script([toolCall('w', 'write', {})], [text('Done.')]);
});
afterEach(() => session[Symbol.asyncDispose]());

/** What a decision comes to: the call's status, or why there is nothing to decide. */
function answerOf({ data, errors }: GraphQLAnswer): string {
  const [error] = errors ?? [];
  return error ? `${error.extensions['code']}: ${error.message}` : data.toolCall.status;
}

async function decideAll(decide: (asked: Call) => Promise<GraphQLAnswer[]>) {
  const answers: string[] = [];
  const seen = await collectDeciding(session.ask(), async (asked) => {
    answers.push(...(await decide(asked)).map(answerOf));
  });
  return { answers, decisions: seen.filter(({ __typename }) => __typename === 'ToolApprovalDecided') };
}

describe('a second decision about a tool call', () => {
  test('that is the same does no harm', async () => {
    const { answers, decisions } = await decideAll((asked) =>
      Promise.all([
        denyCall(session, asked, 'No.'),
        denyCall(session, asked, 'No!'),
        denyCall(session, asked),
      ]),
    );
    expect(answers).toEqual(['DENIED', 'DENIED', 'DENIED']);
    expect(decisions).toHaveLength(1);
  });

  test('that is another one is refused: an approval stays', async () => {
    const { answers, decisions } = await decideAll(async (asked) => [
      await approveCall(session, asked),
      await denyCall(session, asked),
    ]);
    expect(answers).toEqual([
      expect.stringMatching(/RUNNING|SUCCEEDED/),
      'CONFLICT: This tool call is already approved; to stop it, cancel the run.',
    ]);
    expect(decisions).toMatchObject([{ decision: 'APPROVED' }]);
  });

  test('that is another one is refused: a denial stays', async () => {
    const { answers } = await decideAll(async (asked) => [
      await denyCall(session, asked),
      await approveCall(session, asked),
    ]);
    expect(answers).toEqual(['DENIED', 'CONFLICT: This tool call is already denied.']);
    expect(session.tools.requests).toEqual([]);
  });

  test('at the same moment loses, whichever it is', async () => {
    const { answers, decisions } = await decideAll((asked) =>
      Promise.all([approveCall(session, asked), denyCall(session, asked)]),
    );
    expect(answers.filter((answer) => answer.startsWith('CONFLICT'))).toHaveLength(1);
    expect(decisions).toHaveLength(1);
    expect(session.tools.requests).toHaveLength(decisions[0]?.['decision'] === 'APPROVED' ? 1 : 0);
  });
});

describe('a decision', () => {
  test('about a run or a call that there is not is refused', async () => {
    const { runId } = (await until(session.ask(), 'ToolApprovalRequested')).at(-1) as SeenRunEvent;
    expect(answerOf(await approveCall(session, { runId, callId: 'x' }))).toBe(
      'NOT_FOUND: Run 1 has no tool call "x".',
    );
    const nobody = Buffer.from('Run:99').toString('base64');
    expect(answerOf(await denyCall(session, { runId: nobody, callId: 'w' }))).toBe(
      'NOT_FOUND: There is no run 99.',
    );
  });

  test('with a reason beyond measure is refused, and the call goes on waiting', async () => {
    const { answers } = await decideAll(async (asked) => [
      await denyCall(session, asked, 'x'.repeat(1_001)),
      await denyCall(session, asked, '\ud800'),
      await denyCall(session, asked, 'a\0b'),
      await denyCall(session, asked, 'x'.repeat(1_000)),
    ]);
    expect(answers).toEqual([
      'BAD_USER_INPUT: reason: expected at most 1,000 characters',
      'BAD_USER_INPUT: reason: expected well-formed Unicode without NUL',
      'BAD_USER_INPUT: reason: expected well-formed Unicode without NUL',
      'DENIED',
    ]);
  });

  test('is known after the run too: the same one does no harm, another one is refused', async () => {
    const seen = await collectDeciding(session.ask(), (asked) => approveCall(session, asked));
    const call = { runId: seen[0]?.runId ?? '', callId: 'w' };
    expect(answerOf(await approveCall(session, call))).toBe('SUCCEEDED');
    expect(answerOf(await denyCall(session, call))).toMatch(/^CONFLICT: .* already approved/);
    expect(session.tools.requests).toHaveLength(1);
  });

  test('about a call that nobody was asked about is refused, while its run goes on and after', async () => {
    await using free = await startGuardedChat();
    const gate = createGate();
    free.model.script([toolCall('r', 'read', {})], [text('It'), gate, text(' says.')]);
    const answers: string[] = [];
    let call: Call = { runId: '' };
    for await (const event of free.ask()) {
      call = { runId: event.runId, callId: 'r' };
      if (event.text !== 'It') continue;
      answers.push(answerOf(await denyCall(free, call)));
      gate.release();
    }
    answers.push(answerOf(await approveCall(free, call)));
    const ended = 'CONFLICT: This tool call has ended and needs no decision.';
    expect(answers).toEqual([ended, ended]);
  });

  test('that comes too late is refused', async () => {
    await using hasty = await startGuardedChat({ TOOL_APPROVAL_TIMEOUT_MS: '50' });
    const gate = createGate();
    hasty.model.script([toolCall('w', 'write', {})], [text('Too'), gate, text(' late.')]);
    const answers: string[] = [];
    for await (const event of hasty.ask()) {
      if (event.text !== 'Too') continue;
      const call = { runId: event.runId, callId: 'w' };
      answers.push(answerOf(await approveCall(hasty, call)), answerOf(await denyCall(hasty, call)));
      gate.release();
    }
    const tooLate = 'CONFLICT: No decision came in time, so this tool call was denied.';
    expect(answers).toEqual([tooLate, tooLate]);
  });
});
