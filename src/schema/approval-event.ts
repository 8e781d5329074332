import { toolCallById } from '../storage/statements/tool-calls.ts';
import { builder } from './builder.ts';
import { type ChangeEvent, SessionEventRef, ViewerEventRef } from './change-event.ts';
import { type EventFields, runField, sessionField } from './event-fields.ts';
import { ApprovalDecisionRef, ToolCallRef } from './tool-call.ts';

type CallKind = 'ApprovalRequested' | 'ApprovalDecided' | 'ToolAnswerRequested' | 'ToolAnswerSettled';

/** An event about a tool call that waits. */
type CallEvent<Kind extends CallKind> = ChangeEvent<Kind> & { sessionId: number };

const callSession = 'The session that the call belongs to; null if it has been deleted.';

builder.objectRef<CallEvent<'ApprovalRequested'>>('ApprovalRequested').implement({
  description:
    'A tool call waits for a decision: see `approveToolCall` and `denyToolCall`. `ApprovalDecided` or `RunEnded` tells when it does not wait any more.',
  interfaces: [SessionEventRef, ViewerEventRef],
  fields: (t) => ({
    session: sessionField(t, callSession),
    run: runField(t, 'The run that waits; null if its session has been deleted.'),
    callId: t.exposeID('callId', { description: 'The id of the call, unique within the run.' }),
    toolCall: toolCallField(t),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When the call will be denied if no client has decided.',
    }),
  }),
});

builder.objectRef<CallEvent<'ApprovalDecided'>>('ApprovalDecided').implement({
  description: 'A tool call does not wait for a decision any more.',
  interfaces: [SessionEventRef, ViewerEventRef],
  fields: (t) => ({
    session: sessionField(t, callSession),
    run: runField(t, 'The run that the call belongs to; null if its session has been deleted.'),
    callId: t.exposeID('callId', { description: 'The id of the call, unique within the run.' }),
    decision: t.expose('decision', {
      type: ApprovalDecisionRef,
      nullable: true,
      description:
        'The decision; null if none is needed any more, because the run was cancelled or the node of the call is lost.',
    }),
    toolCall: toolCallField(t),
  }),
});

builder.objectRef<CallEvent<'ToolAnswerRequested'>>('ToolAnswerRequested').implement({
  description:
    'A tool call waits for a client that runs it, or for the answer of the user: see `answerToolCall`. `ToolAnswerSettled` or `RunEnded` tells when it does not wait any more.',
  interfaces: [SessionEventRef, ViewerEventRef],
  fields: (t) => ({
    session: sessionField(t, callSession),
    run: runField(t, 'The run that waits; null if its session has been deleted.'),
    callId: t.exposeID('callId', { description: 'The id of the call, unique within the run.' }),
    toolCall: toolCallField(t),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When the call will fail if no client has answered.',
    }),
  }),
});

builder.objectRef<CallEvent<'ToolAnswerSettled'>>('ToolAnswerSettled').implement({
  description: 'A tool call does not wait for a client or for the answer of the user any more.',
  interfaces: [SessionEventRef, ViewerEventRef],
  fields: (t) => ({
    session: sessionField(t, callSession),
    run: runField(t, 'The run that the call belongs to; null if its session has been deleted.'),
    callId: t.exposeID('callId', { description: 'The id of the call, unique within the run.' }),
    answered: t.exposeBoolean('answered', {
      description:
        'Whether a client answered. False: no answer came in time, or the run was cancelled, so no answer is needed any more.',
    }),
    toolCall: toolCallField(t),
  }),
});

/** The field for the call that an event names. */
function toolCallField<Event extends { messageId: number; callId: string }>(t: EventFields<Event>) {
  return t.field({
    type: ToolCallRef,
    nullable: true,
    description: 'The call as it is now; null if its message has been deleted.',
    resolve: async ({ messageId, callId }, _args, { statements }) =>
      (await statements.get(toolCallById, [messageId, callId])) ?? null,
  });
}
