import type { RunEvent, TerminalRunEventBody } from '../chat/log/run-event.ts';
import { builder } from './builder.ts';
import { findMessage, findToolCalls } from './find-rows.ts';
import { MessageRef } from './message.ts';
import { CancelCauseRef, FinishReasonRef, RunFailureCodeRef } from './run.ts';
import { type RunEventOf, RunEventRef } from './run-event.ts';
import { ModelUsageRef } from './token-usage.ts';

type Terminal = Extract<RunEvent, TerminalRunEventBody>;

const TerminalRunEventRef = builder.interfaceRef<Terminal>('TerminalRunEvent').implement({
  description: 'The end of a run. The last entry in the log of every run is one of these.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    message: t.field({
      type: MessageRef,
      nullable: true,
      description: 'The answer, with all text that was written; null if the history has been cleared.',
      resolve: async (event, args, context) => {
        const message = await findMessage(event, args, context);
        return message && { ...message, ...event.unsaved };
      },
    }),
    usage: t.expose('usage', { type: ModelUsageRef, description: 'The tokens that the run has used.' }),
  }),
});

builder.objectRef<RunEventOf<'RunCompleted'>>('RunCompleted').implement({
  description: 'The model has answered the prompt.',
  interfaces: [RunEventRef, TerminalRunEventRef],
  fields: (t) => ({
    finishReason: t.expose('finishReason', {
      type: FinishReasonRef,
      description: 'Why the model stopped writing.',
    }),
  }),
});

builder.objectRef<RunEventOf<'RunCancelled'>>('RunCancelled').implement({
  description: 'The run was cancelled. `cause` says whether a person has stopped it.',
  interfaces: [RunEventRef, TerminalRunEventRef],
  fields: (t) => ({
    cause: t.field({
      type: CancelCauseRef,
      nullable: true,
      description: 'Why the run was cancelled; null if an earlier version of the gateway cancelled it.',
      resolve: ({ cancelCause }) => cancelCause ?? null,
    }),
    toolCalls: t.prismaField({
      type: ['ToolCall'],
      description:
        'The tool calls of the run, with the state of each; empty if the history has been cleared.',
      resolve: findToolCalls,
    }),
  }),
});

builder.objectRef<RunEventOf<'RunFailed'>>('RunFailed').implement({
  description: 'The run failed.',
  interfaces: [RunEventRef, TerminalRunEventRef],
  fields: (t) => ({
    code: t.expose('code', { type: RunFailureCodeRef, description: 'The reason, for programs.' }),
    reason: t.exposeString('reason', { description: 'The reason, as a sentence for people.' }),
    retryAt: t.expose('retryAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the model provider takes the next request; null if it did not say, or if the log of the run has expired.',
    }),
  }),
});
