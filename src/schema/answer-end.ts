import { emptyReasonOf, emptyReasons, finishReasonOf } from '../chat/run/answer-end.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { rowsOf } from './paging/rows.ts';
import { FinishReasonRef } from './run.ts';

const EmptyReasonRef = enumFromTable('EmptyReason', 'Why an answer has no text.', emptyReasons);

builder.prismaObjectFields('Message', (t) => ({
  finishReason: t.field({
    type: FinishReasonRef,
    nullable: true,
    description:
      'Why the model stopped writing this answer; null for a prompt, while the answer is STREAMING, and when it is CANCELLED.',
    resolve: async ({ id, role }, _args, context) => {
      if (role === 'USER') return null;
      const run = await rowsOf(context).runOfMessage.load(id);
      return run && finishReasonOf(run);
    },
  }),
  emptyReason: t.field({
    type: EmptyReasonRef,
    nullable: true,
    description:
      'Why this answer has no text; null for a prompt, while the answer is STREAMING, and when `content` has more than blanks.',
    resolve: async ({ id, role, status, content, reasoning }, _args, context) => {
      if (role === 'USER' || status === 'STREAMING' || content.trim() !== '') return null;
      const rows = rowsOf(context);
      const [run, calls] = await Promise.all([rows.runOfMessage.load(id), rows.toolCallsOfMessage.load(id)]);
      return emptyReasonOf({ status, reasoning, run, hasToolCalls: calls.length > 0 });
    },
  }),
}));
