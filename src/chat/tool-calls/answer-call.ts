import { isWithin } from '../../base/json-checks.ts';
import { storable } from '../../base/storable-text.ts';
import type { Bus } from '../../bus/bus.ts';
import type { Actor } from '../../changes/audit.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { GatewayError } from '../../errors.ts';
import type { Run, ToolCall } from '../../generated/prisma/client.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { approvalTopic } from './approvals.ts';
import { answerSchema, askUserName } from './client-tools/ask-user.ts';
import { complaintsAbout } from './client-tools/match-schema.ts';
import { findCall } from './find-call.ts';
import { type ClientOutcome, storeAnswer, unanswered } from './store-answer.ts';

/** Levels of values within values in a result. Code that walks through deeper ones would overflow. */
const deepestResult = 100;

/** What a client says about a call that waits for it. */
export type ClientAnswer = {
  /** The `userId` of the user whose client it is. */
  answeredBy: string;
  /** The same user, for the audit log. */
  actor?: Actor | undefined;
} & (
  | { /** A JSON value. */ result: unknown }
  | { /** Why there is no result. The model is told. */ error: string }
);

export interface AnswerCallOptions {
  statements: Statements;
  changes: ChangeLog;
  bus: Bus;
  run: Run;
  callId: string;
  answer: ClientAnswer;
  /** The limit of a result in bytes of UTF-8. */
  maxBytes: number;
}

/**
 * Ends a tool call that waits for a client, and rings for the gateway that runs it. Of several answers the first counts. A
 * client may repeat its answer when it missed the response.
 *
 * @returns The call after the answer.
 * @throws GatewayError NOT_FOUND; CONFLICT when the call does not wait for a client, or there was another answer;
 *   BAD_USER_INPUT for an answer that does not match the schema of its question; PAYLOAD_TOO_LARGE.
 */
export async function answerCall(options: AnswerCallOptions): Promise<ToolCall> {
  const { run, bus, answer, maxBytes } = options;
  const call = await findCall(options);
  if (!call.byClient)
    throw new GatewayError('CONFLICT', 'No client runs this tool call, so it takes no answer.');
  const outcome = outcomeOf(answer, maxBytes);
  if (call.status !== 'AWAITING_CLIENT') return checkSame(call, outcome);
  const isLate = call.expiresAt !== null && call.expiresAt.getTime() <= Date.now();
  if (!isLate && 'result' in answer) await checkMatches(call, answer.result, run.id);
  const { id: rowId, messageId, callId, startedAt } = call;
  const asked = { rowId, sessionId: run.sessionId, runId: run.id, messageId, callId };
  const detail = `${call.name} (${callId}) in Session:${run.sessionId}`;
  const deed = { action: 'TOOL_CALL_ANSWERED', subject: `Run:${run.id}`, detail } as const;
  const noted = answer.actor && !isLate ? { actor: answer.actor, deed } : undefined;
  await storeAnswer(asked, isLate ? unanswered : outcome, startedAt, { ...options, noted });
  bus.ring(approvalTopic(run.id));
  return checkSame(await findCall(options), outcome);
}

function outcomeOf(answer: ClientAnswer, maxBytes: number): ClientOutcome {
  const { answeredBy } = answer;
  if ('error' in answer) {
    const result = storable(answer.error);
    return { status: 'FAILED', result, errorCode: 'FAILED', answeredBy };
  }
  // Check the depth before anything else walks through the value: a very deep one would overflow the stack.
  if (!isWithin(answer.result, deepestResult)) throw bad(`expected at most ${deepestResult} levels`);
  const { result: value } = answer;
  const result = typeof value === 'string' ? storable(value) : JSON.stringify(value);
  if (Buffer.byteLength(result) > maxBytes) {
    const message = `result: expected at most ${maxBytes} bytes of UTF-8.`;
    throw new GatewayError('PAYLOAD_TOO_LARGE', message, { field: 'result', limit: 'MAX_TOOL_OUTPUT_BYTES' });
  }
  return { status: 'SUCCEEDED', result, errorCode: null, answeredBy };
}

/** Checks the answer to a question. The results of other tools have no schema. */
async function checkMatches({ name, args }: ToolCall, result: unknown, runId: number): Promise<void> {
  if (name !== askUserName) return;
  const complaints = await complaintsAbout(result, answerSchema(args), runId);
  if (complaints !== undefined) throw bad(`expected what the question asks for. ${complaints}`);
}

/** Refuses an answer after another one. */
function checkSame(call: ToolCall, { status, result }: ClientOutcome): ToolCall {
  if (call.status === status && call.result === result && call.decidedBy !== null) return call;
  throw new GatewayError('CONFLICT', whyNotAwaited(call));
}

function whyNotAwaited({ status, errorCode, decidedBy }: ToolCall): string {
  if (status === 'CANCELLED') return 'The run was cancelled, so this tool call needs no answer.';
  if (errorCode === 'CLIENT_TIMEOUT') return 'No answer came in time, so this tool call has failed.';
  if (decidedBy !== null) return 'This tool call was answered already, and the first answer counts.';
  return 'This tool call has ended and needs no answer.';
}

function bad(problem: string): GatewayError {
  const message = `result: ${problem}`;
  return new GatewayError('BAD_USER_INPUT', message.endsWith('.') ? message : `${message}.`, {
    field: 'result',
  });
}
