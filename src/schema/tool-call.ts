import { passLongIntegers } from '../base/long-integers.ts';
import type { ApprovalDecision, ToolCallStatus } from '../generated/prisma/enums.ts';
import { type ToolErrorCode, toolErrorCodes } from '../tools/tool-runner.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';

export const ToolCallStatusRef = enumFromTable<ToolCallStatus>(
  'ToolCallStatus',
  'The state of a tool call.',
  {
    AWAITING_APPROVAL: 'The call waits for a decision: see `approveToolCall` and `denyToolCall`.',
    AWAITING_CLIENT:
      'The call waits for a client that runs it or, if it is a question (`ask_user`), for the answer of the user: see `answerToolCall`.',
    RUNNING: 'The call has not ended yet.',
    SUCCEEDED: 'The tool did its work.',
    FAILED: 'The tool failed or could not run; `result` says why. The model is told.',
    DENIED: 'The call was not allowed to run. The model is told.',
    CANCELLED: 'The run ended before the call did.',
  },
);

export const ApprovalDecisionRef = enumFromTable<ApprovalDecision>(
  'ApprovalDecision',
  'The decision about a tool call that waited for an approval.',
  {
    APPROVED: 'The call may run.',
    DENIED: 'The call may not run. The model is told.',
    EXPIRED:
      'No client decided within `TOOL_APPROVAL_TIMEOUT_MS` (default: 5 minutes), so the call may not run. The model is told.',
  },
);

export const ToolErrorCodeRef = enumFromTable(
  'ToolErrorCode',
  'Why a tool call failed or was denied.',
  toolErrorCodes,
);

export const ToolCallRef = builder.prismaObject('ToolCall', {
  description: 'A tool call that the model made in a message.',
  fields: (t) => ({
    callId: t.exposeID('callId', { description: 'The id of the call, unique within the message.' }),
    name: t.exposeString('name', { description: 'The name of the tool.' }),
    args: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The arguments that the model gave; a string if they are not valid JSON.',
      resolve: ({ args }) => passLongIntegers(args),
    }),
    changedArgs: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'The arguments with which the call runs in place of `args`, because a person changed them when approving it; null if nobody did. The model is told both.',
      resolve: ({ changedArgs }) => passLongIntegers(changedArgs),
    }),
    status: t.expose('status', { type: ToolCallStatusRef, description: 'The state of the call.' }),
    byClient: t.exposeBoolean('byClient', {
      description:
        'Whether clients run the call, or the user answers it: the call of one of the `tools` of the prompt, or of `ask_user`.',
    }),
    step: t.exposeInt('step', {
      description:
        'Which request to the model made the call, counted from 1 within the answer. All calls of a step run at once, and the model is asked again when all of them have ended.',
    }),
    nodeId: t.exposeString('nodeId', {
      nullable: true,
      description:
        'The `nodeId` of the node on which the tool was to run; null if the tool needs no node or no node was found.',
    }),
    result: t.exposeString('result', {
      nullable: true,
      description: 'The result, as the model gets it; null until the call has ended.',
    }),
    errorCode: t.field({
      type: ToolErrorCodeRef,
      nullable: true,
      description: 'Why the call failed or was denied, for programs; null if it was not.',
      resolve: ({ errorCode }) => errorCode as ToolErrorCode | null,
    }),
    exitCode: t.exposeFloat('exitCode', {
      nullable: true,
      description:
        'The exit code, if the tool ran a program; otherwise null. A whole number: up to 4,294,967,295 on Windows.',
    }),
    stopped: t.exposeBoolean('stopped', {
      nullable: true,
      description:
        'For a cancelled call: true if nothing of the tool runs any more, false if the node did not confirm that in time. Null for other calls.',
    }),
    approvalExpiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Until when somebody may approve or deny the call; null if the call needs no approval.',
      resolve: ({ expiresAt, byClient }) => (byClient ? null : expiresAt),
    }),
    answerExpiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Until when a client may answer the call; null if no client runs it.',
      resolve: ({ expiresAt, byClient }) => (byClient ? expiresAt : null),
    }),
    answeredBy: t.string({
      nullable: true,
      description:
        'The `userId` of the user whose client answered the call; null if none did, and if no client runs it.',
      resolve: ({ decidedBy, byClient }) => (byClient ? decidedBy : null),
    }),
    decision: t.expose('decision', {
      type: ApprovalDecisionRef,
      nullable: true,
      description: 'The decision about the call; null while it waits for one, and if it needs none.',
    }),
    decidedBy: t.string({
      nullable: true,
      description:
        'The `userId` of the user who decided, or who gave the grant that decided; null if nobody did.',
      resolve: ({ decidedBy, byClient }) => (byClient ? null : decidedBy),
    }),
    byGrant: t.exposeBoolean('byGrant', {
      description: 'Whether a grant of the session decided, so that nobody was asked about this call.',
    }),
    textOffset: t.exposeInt('textOffset', {
      description:
        'Where the call stands in the text: how many UTF-16 code units of the message’s `content` were written before it. The text of a step begins with a blank line if other text is before it.',
    }),
    reasoningOffset: t.exposeInt('reasoningOffset', {
      description:
        'Where the call stands in the reasoning: how many UTF-16 code units of the message’s `reasoning` were written before it.',
    }),
    durationMs: t.exposeInt('durationMs', {
      nullable: true,
      description:
        'How long the tool ran, in milliseconds, without the wait for an approval or for an answer of the user; null until the call has ended.',
    }),
  }),
});
