import { beforeEach, describe, expect, test } from 'vitest';
import { type SeenRunEvent, until } from '../../support/gateway/chat.ts';
import type { GraphQLAnswer } from '../../support/gateway/gateway-api.ts';
import { shareGuardedGateway } from '../../support/gateway/shared-gateway.ts';
import {
  approveCall,
  type Call,
  collectDeciding,
  denyCall,
  type GuardedChat,
} from '../../support/gateway/tool-approval.ts';
import { createGate, text, toolCall } from '../../support/model/turn.ts';

const openSession = shareGuardedGateway();
let session: GuardedChat;

beforeEach(async () => {
  session = await openSession();
  session.model.script([toolCall('w', 'write', {})], [text('Done.')]);
});

/** The result of a decision: the call's status, or the error. */
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
  test('a repeated decision about a tool call changes nothing', async () => {
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

  test('a denial after an approval is refused', async () => {
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

  test('an approval after a denial is refused', async () => {
    const { answers } = await decideAll(async (asked) => [
      await denyCall(session, asked),
      await approveCall(session, asked),
    ]);
    expect(answers).toEqual(['DENIED', 'CONFLICT: This tool call is already denied.']);
    expect(session.tools.requests).toEqual([]);
  });

  test('one of two different decisions at the same moment is refused', async () => {
    const { answers, decisions } = await decideAll((asked) =>
      Promise.all([approveCall(session, asked), denyCall(session, asked)]),
    );
    expect(answers.filter((answer) => answer.startsWith('CONFLICT'))).toHaveLength(1);
    expect(decisions).toHaveLength(1);
    expect(session.tools.requests).toHaveLength(decisions[0]?.['decision'] === 'APPROVED' ? 1 : 0);
  });
});

describe('a decision', () => {
  const openHastySession = shareGuardedGateway({ TOOL_APPROVAL_TIMEOUT_MS: '50' });

  test('a decision about an unknown run or tool call is refused', async () => {
    const { runId } = (await until(session.ask(), 'ToolApprovalRequested')).at(-1) as SeenRunEvent;
    const number = Buffer.from(runId, 'base64').toString().replace('Run:', '');
    expect(answerOf(await approveCall(session, { runId, callId: 'x' }))).toBe(
      `NOT_FOUND: Run ${number} has no tool call "x".`,
    );
    const unknown = Buffer.from('Run:99').toString('base64');
    expect(answerOf(await denyCall(session, { runId: unknown, callId: 'w' }))).toBe(
      'NOT_FOUND: There is no run 99.',
    );
  });

  test('a decision with an invalid reason is refused, and the tool call keeps waiting', async () => {
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

  test('after the run, a repeated decision changes nothing and another decision is refused', async () => {
    const seen = await collectDeciding(session.ask(), (asked) => approveCall(session, asked));
    const call = { runId: seen[0]?.runId ?? '', callId: 'w' };
    expect(answerOf(await approveCall(session, call))).toBe('SUCCEEDED');
    expect(answerOf(await denyCall(session, call))).toMatch(/^CONFLICT: .* already approved/);
    expect(session.tools.requests).toHaveLength(1);
  });

  test('a decision about a tool call that needs no approval is refused, during its run and after it', async () => {
    const free = await openSession();
    free.model.reset();
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

  test('a decision after the time-out is refused', async () => {
    const hasty = await openHastySession();
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
