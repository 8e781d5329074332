import type { Context } from '../context.ts';
import { toolCallById } from '../storage/statements/tool-calls.ts';
import { builder } from './builder.ts';
import { type ChangeEvent, SessionEventRef, ViewerEventRef } from './change-event.ts';
import { findRun, findSession } from './find-rows.ts';
import { RunRef } from './run.ts';
import { SessionRef } from './session.ts';
import { ApprovalDecisionRef, ToolCallRef } from './tool-call.ts';

type ApprovalEvent<Kind extends 'ApprovalRequested' | 'ApprovalDecided'> = ChangeEvent<Kind> & {
  sessionId: number;
};

builder.objectRef<ApprovalEvent<'ApprovalRequested'>>('ApprovalRequested').implement({
  description:
    'A tool call waits for a decision: see `approveToolCall` and `denyToolCall`. `ApprovalDecided` or `RunEnded` tells when it does not wait any more.',
  interfaces: [SessionEventRef, ViewerEventRef],
  fields: (t) => ({
    session: t.field({
      type: SessionRef,
      nullable: true,
      description: 'The session that the call belongs to; null if it has been deleted.',
      resolve: findSession,
    }),
    run: t.field({
      type: RunRef,
      nullable: true,
      description: 'The run that waits; null if its session has been deleted.',
      resolve: findRun,
    }),
    callId: t.exposeID('callId', { description: 'The id of the call, unique within the run.' }),
    toolCall: t.field({
      type: ToolCallRef,
      nullable: true,
      description: 'The call as it is now; null if its message has been deleted.',
      resolve: findToolCall,
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When the call will be denied if no client has decided.',
    }),
  }),
});

builder.objectRef<ApprovalEvent<'ApprovalDecided'>>('ApprovalDecided').implement({
  description: 'A tool call does not wait for a decision any more.',
  interfaces: [SessionEventRef, ViewerEventRef],
  fields: (t) => ({
    session: t.field({
      type: SessionRef,
      nullable: true,
      description: 'The session that the call belongs to; null if it has been deleted.',
      resolve: findSession,
    }),
    run: t.field({
      type: RunRef,
      nullable: true,
      description: 'The run that the call belongs to; null if its session has been deleted.',
      resolve: findRun,
    }),
    callId: t.exposeID('callId', { description: 'The id of the call, unique within the run.' }),
    decision: t.expose('decision', {
      type: ApprovalDecisionRef,
      nullable: true,
      description:
        'The decision; null if none is needed any more, because the run was cancelled or the node of the call is lost.',
    }),
    toolCall: t.field({
      type: ToolCallRef,
      nullable: true,
      description: 'The call as it is now; null if its message has been deleted.',
      resolve: findToolCall,
    }),
  }),
});

async function findToolCall(
  { messageId, callId }: { messageId: number; callId: string },
  _args: unknown,
  { statements }: Context,
) {
  return (await statements.get(toolCallById, [messageId, callId])) ?? null;
}
