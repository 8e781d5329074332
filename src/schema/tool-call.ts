import { ToolCallStatus } from '../generated/prisma/enums.ts';
import { builder } from './builder.ts';

export const ToolCallStatusRef = builder.enumType('ToolCallStatus', {
  description: 'How far a tool call has come.',
  values: {
    [ToolCallStatus.AWAITING_APPROVAL]: { description: 'Somebody has to decide: see `approveToolCall`.' },
    [ToolCallStatus.RUNNING]: { description: 'It has not ended yet.' },
    [ToolCallStatus.SUCCEEDED]: { description: 'It did what it was asked for.' },
    [ToolCallStatus.FAILED]: { description: 'It did not; `result` says why. The model was told.' },
    [ToolCallStatus.DENIED]: { description: 'It was not allowed to run. The model was told.' },
    [ToolCallStatus.CANCELLED]: { description: 'The run was cancelled while it ran.' },
  },
});

builder.prismaObject('ToolCall', {
  description: 'A tool that the model called while it answered.',
  fields: (t) => ({
    callId: t.exposeID('callId', { description: 'Unique within the message.' }),
    name: t.exposeString('name', { description: 'The name of the tool.' }),
    args: t.expose('args', {
      type: 'JSON',
      nullable: true,
      description: 'The arguments as the model gave them; a string where they are not valid JSON.',
    }),
    status: t.expose('status', { type: ToolCallStatusRef, description: 'How far the call has come.' }),
    result: t.exposeString('result', { nullable: true, description: 'What the model was told.' }),
    exitCode: t.exposeInt('exitCode', {
      nullable: true,
      description: 'The exit code, where the tool ran a program.',
    }),
    durationMs: t.exposeInt('durationMs', {
      nullable: true,
      description: 'How long it took, in milliseconds; null while it runs.',
    }),
  }),
});
