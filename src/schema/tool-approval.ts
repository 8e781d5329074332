import { wellFormedText } from '../base/well-formed-text.ts';
import type { Decision, RunEvent } from '../chat/log/run-event.ts';
import { builder } from './builder.ts';
import { findCallNode } from './call-node.ts';
import { idOf } from './global-id.ts';
import { RunRef } from './run.ts';
import { RunEventRef } from './run-event.ts';
import { ToolCallRef } from './tool-call.ts';

type Of<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

const reason = wellFormedText.trim().max(1_000, 'expected at most 1,000 characters');

const ApprovalDecisionRef = builder.enumType('ApprovalDecision', {
  description: 'What became of a tool call that somebody was asked about.',
  values: {
    APPROVED: { description: 'It may run.' },
    DENIED: { description: 'It may not. The model is told.' },
    EXPIRED: {
      description: 'Nobody decided within `TOOL_APPROVAL_TIMEOUT_MS`: it may not run. The model is told.',
    },
  } satisfies Record<Decision, object>,
});

builder.objectRef<Of<'ToolApprovalRequested'>>('ToolApprovalRequested').implement({
  description:
    'A tool call waits for somebody to decide whether it may run: see `approveToolCall` and `denyToolCall`.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    callId: t.exposeID('callId', { description: 'Names the call within the run.' }),
    name: t.exposeString('name', { description: 'The name of the tool.' }),
    args: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The arguments as the model gave them.',
      resolve: ({ args }) => args,
    }),
    nodeId: t.exposeString('nodeId', {
      nullable: true,
      description: 'The `nodeId` of the node that it is meant for; null where it needs none.',
    }),
    node: t.prismaField({
      type: 'AgentNode',
      nullable: true,
      description: 'That node; null where there is none, or it was deleted since.',
      resolve: (query, event, _args, context) => findCallNode(query, event, context),
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When it is denied, unless somebody has decided.',
    }),
  }),
});

builder.objectRef<Of<'ToolApprovalDecided'>>('ToolApprovalDecided').implement({
  description: 'It was decided whether a tool call may run.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    callId: t.exposeID('callId', { description: 'Names the call within the run.' }),
    decision: t.expose('decision', { type: ApprovalDecisionRef, description: 'What was decided.' }),
    reason: t.exposeString('reason', {
      description: 'Why, in the words of whoever denied it; empty where there are none.',
    }),
  }),
});

builder.mutationFields((t) => {
  const runId = t.arg.globalID({
    for: RunRef,
    validate: idOf(RunRef),
    required: true,
    description: 'The run that the call belongs to.',
  });
  const callId = t.arg.id({ required: true, description: 'The call: see `ToolApprovalRequested`.' });
  return {
    approveToolCall: t.field({
      type: ToolCallRef,
      authScopes: (_root, args) => ({ run: Number(args.runId.id) }),
      description:
        'Lets a tool call run that waits for it. Anybody who follows the run may decide, from any connection; approving twice does no harm. It runs even if `toolApproval` was changed since it was asked for.',
      args: { runId, callId },
      resolve: (_root, { runId, callId }, { engine }) =>
        engine.decideToolCall(Number(runId.id), String(callId), { decision: 'APPROVED', reason: '' }),
    }),
    denyToolCall: t.field({
      type: ToolCallRef,
      authScopes: (_root, args) => ({ run: Number(args.runId.id) }),
      description:
        'Does not let a tool call run that waits for it. The run goes on, and the model is told; denying twice does no harm.',
      args: {
        runId,
        callId,
        reason: t.arg.string({ validate: reason, description: 'Why. The model is told that too.' }),
      },
      resolve: (_root, { runId, callId, reason }, { engine }) =>
        engine.decideToolCall(Number(runId.id), String(callId), {
          decision: 'DENIED',
          reason: reason ?? '',
        }),
    }),
  };
});
