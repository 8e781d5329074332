import { emptyReasonOf, emptyReasons, finishReasonOf } from '../chat/run/answer-end.ts';
import type { Context } from '../context.ts';
import type { Message } from '../generated/prisma/client.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { rowsOf } from './paging/rows.ts';
import { CancelCauseRef, errorOf, FinishReasonRef, RunErrorRef } from './run.ts';

const EmptyReasonRef = enumFromTable('EmptyReason', 'Why an answer has no text.', emptyReasons);

/** Why an answer has no text. Not a promise for a message that needs no further row. */
export function readEmptyReason(message: Message, _args: unknown, context: Context) {
  const { id, role, status, finishReason, content, reasoning } = message;
  if (role === 'USER' || status === 'STREAMING' || content.trim() !== '') return null;
  const rows = rowsOf(context);
  return Promise.all([rows.runOfMessage.load(id), rows.toolCallsOfMessage.of(message)]).then(([run, calls]) =>
    emptyReasonOf({
      status,
      finishReason,
      hasReasoned: Boolean(reasoning?.trim()) || (run?.reasoningTokens ?? 0) > 0,
      hasToolCalls: calls.length > 0,
    }),
  );
}

/** Why an answer failed. Not a promise for a message that has not failed. */
export function readAnswerError({ id, role, status }: Message, _args: unknown, context: Context) {
  if (role === 'USER' || (status !== 'FAILED' && status !== 'INTERRUPTED')) return null;
  return rowsOf(context)
    .runOfMessage.load(id)
    .then((run) => run && errorOf(run));
}

builder.prismaObjectFields('Message', (t) => ({
  finishReason: t.field({
    type: FinishReasonRef,
    nullable: true,
    description:
      'Why the model stopped writing this answer; null for a prompt, while the answer is STREAMING, and when it is CANCELLED.',
    resolve: finishReasonOf,
  }),
  emptyReason: t.field({
    type: EmptyReasonRef,
    nullable: true,
    description:
      'Why this answer has no text; null for a prompt, while the answer is STREAMING, and when `content` has more than blanks.',
    resolve: readEmptyReason,
  }),
  cancelCause: t.expose('cancelCause', {
    type: CancelCauseRef,
    nullable: true,
    description:
      'Why the run of this answer, or of this withdrawn prompt, was cancelled; null unless it is CANCELLED, and for messages that an earlier version of the gateway cancelled.',
  }),
  error: t.field({
    type: RunErrorRef,
    nullable: true,
    description: 'Why this answer failed; null unless it is FAILED or INTERRUPTED.',
    resolve: readAnswerError,
  }),
}));
