import type { RunEvent, TerminalRunEventBody } from '../chat/log/run-event.ts';
import { builder } from './builder.ts';
import { FinishReasonRef, RunFailureCodeRef } from './run.ts';
import { RunEventRef } from './run-event.ts';
import { ModelUsageRef } from './token-usage.ts';

type Terminal = Extract<RunEvent, TerminalRunEventBody>;

const TerminalRunEventRef = builder.interfaceRef<Terminal>('TerminalRunEvent').implement({
  description: 'How a run ended. Exactly one of these is the last entry of its log.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    message: t.prismaField({
      type: 'Message',
      nullable: true,
      description: 'The answer, with all that was written of it; null once the history was cleared.',
      resolve: (query, { messageId }, _args, { database }) =>
        messageId === null ? null : database.message.findUnique({ ...query, where: { id: messageId } }),
    }),
    usage: t.field({
      type: ModelUsageRef,
      description: 'Tokens the run has used.',
      resolve: ({ usage }) => usage,
    }),
  }),
});

builder.objectRef<Extract<Terminal, { type: 'RunCompleted' }>>('RunCompleted').implement({
  description: 'The prompt is answered.',
  interfaces: [RunEventRef, TerminalRunEventRef],
  fields: (t) => ({
    finishReason: t.expose('finishReason', { type: FinishReasonRef, description: 'Why the model stopped.' }),
  }),
});

builder.objectRef<Extract<Terminal, { type: 'RunCancelled' }>>('RunCancelled').implement({
  description: 'The run was cancelled.',
  interfaces: [RunEventRef, TerminalRunEventRef],
  fields: (t) => ({
    toolCalls: t.prismaField({
      type: ['ToolCall'],
      description: 'The tool calls of the run, with what became of each.',
      resolve: (query, { messageId }, _args, { database }) =>
        database.toolCall.findMany({
          ...query,
          where: { messageId: messageId ?? 0 },
          orderBy: { id: 'asc' },
        }),
    }),
  }),
});

builder.objectRef<Extract<Terminal, { type: 'RunFailed' }>>('RunFailed').implement({
  description: 'The run failed.',
  interfaces: [RunEventRef, TerminalRunEventRef],
  fields: (t) => ({
    code: t.expose('code', { type: RunFailureCodeRef, description: 'Why, for programs.' }),
    reason: t.exposeString('reason', { description: 'Why, for people.' }),
  }),
});
