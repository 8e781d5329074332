import { ToolCallStatus } from '../generated/prisma/enums.ts';
import type { ToolErrorCode } from '../tools/tool-runner.ts';
import { builder } from './builder.ts';
import { ToolErrorCodeRef } from './tool-error-code.ts';

export const ToolCallStatusRef = builder.enumType('ToolCallStatus', {
  description: 'How far a tool call has come.',
  values: {
    [ToolCallStatus.AWAITING_APPROVAL]: {
      description: 'Somebody has to decide: see `approveToolCall` and `denyToolCall`.',
    },
    [ToolCallStatus.RUNNING]: { description: 'It has not ended yet.' },
    [ToolCallStatus.SUCCEEDED]: { description: 'It did what it was asked for.' },
    [ToolCallStatus.FAILED]: { description: 'It did not; `result` says why. The model was told.' },
    [ToolCallStatus.DENIED]: { description: 'It was not allowed to run. The model was told.' },
    [ToolCallStatus.CANCELLED]: { description: 'The run ended before it did.' },
  },
});

export const ToolCallRef = builder.prismaObject('ToolCall', {
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
    nodeId: t.exposeString('nodeId', {
      nullable: true,
      description: 'The `nodeId` of the node that it was meant for; null where it needs none.',
    }),
    result: t.exposeString('result', { nullable: true, description: 'What the model was told.' }),
    errorCode: t.field({
      type: ToolErrorCodeRef,
      nullable: true,
      description: 'Why it failed or was denied, for programs.',
      resolve: ({ errorCode }) => errorCode as ToolErrorCode | null,
    }),
    exitCode: t.exposeInt('exitCode', {
      nullable: true,
      description: 'The exit code, where the tool ran a program.',
    }),
    stopped: t.exposeBoolean('stopped', {
      nullable: true,
      description:
        'Of a cancelled call: whether nothing of it runs any more, for certain. False: its node did not confirm that in time.',
    }),
    durationMs: t.exposeInt('durationMs', {
      nullable: true,
      description:
        'How long it ran, in milliseconds; null until it has ended. Waiting for an approval does not count.',
    }),
  }),
});
