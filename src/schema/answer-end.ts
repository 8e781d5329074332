import { emptyReasonOf, emptyReasons, finishReasonOf } from '../chat/run/answer-end.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { rowsOf } from './paging/rows.ts';
import { CancelCauseRef, errorOf, FinishReasonRef, RunErrorRef } from './run.ts';

const EmptyReasonRef = enumFromTable('EmptyReason', 'Why an answer has no text.', emptyReasons);

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
    resolve: (message, _args, context) => {
      const { id, role, status, finishReason, content, reasoning } = message;
      if (role === 'USER' || status === 'STREAMING' || content.trim() !== '') return null;
      const rows = rowsOf(context);
      return Promise.all([rows.runOfMessage.load(id), rows.toolCallsOfMessage.of(message)]).then(
        ([run, calls]) =>
          emptyReasonOf({
            status,
            finishReason,
            hasReasoned: Boolean(reasoning?.trim()) || (run?.reasoningTokens ?? 0) > 0,
            hasToolCalls: calls.length > 0,
          }),
      );
    },
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
    resolve: ({ id, role, status }, _args, context) => {
      if (role === 'USER' || (status !== 'FAILED' && status !== 'INTERRUPTED')) return null;
      return rowsOf(context)
        .runOfMessage.load(id)
        .then((run) => run && errorOf(run));
    },
  }),
}));
