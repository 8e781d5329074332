import { passLongIntegers } from '../base/long-integers.ts';
import { wellFormedText } from '../base/well-formed-text.ts';
import type { Remember } from '../chat/tool-calls/grants/give-grants.ts';
import { userOf } from './access/access.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { findCallNode } from './find-rows.ts';
import { idArg } from './id-argument.ts';
import { RunRef } from './run.ts';
import { type RunEventOf, RunEventRef } from './run-event.ts';
import { ApprovalDecisionRef, ToolCallRef } from './tool-call.ts';

const reason = wellFormedText.trim().max(1_000, 'expected at most 1,000 characters');

const RememberRef = enumFromTable<Remember>(
  'RememberApproval',
  'For which later tool calls an approval holds. What is remembered is listed as `grants` of the session, and ended with `revokeGrant`.',
  {
    ONCE: 'For no other call.',
    EXACT: 'For calls of the same tool with the same arguments on the same node.',
    TOOL: 'For every call of the tool, whatever its arguments, on the nodes that are attached to the session now. Calls on a node that is attached later wait for an approval.',
  },
);

builder.objectRef<RunEventOf<'ToolApprovalRequested'>>('ToolApprovalRequested').implement({
  description:
    'A tool call waits for a decision: see `approveToolCall` and `denyToolCall`. If the call ends first, because the run is cancelled or its node is lost, detached or refuses the call now, `ToolCallFinished` comes without a decision.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    callId: t.exposeID('callId', { description: 'The id of the call, unique within the run.' }),
    name: t.exposeString('name', { description: 'The name of the tool.' }),
    args: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The arguments that the model gave.',
      resolve: ({ args }) => passLongIntegers(args),
    }),
    nodeId: t.exposeString('nodeId', {
      nullable: true,
      description: 'The `nodeId` of the node on which the tool is to run; null if the tool needs no node.',
    }),
    node: t.prismaField({
      type: 'AgentNode',
      nullable: true,
      description:
        'That node; null if there is no node, if it was deleted, or if it belongs to another user.',
      resolve: findCallNode,
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When the call will be denied if no client has decided.',
    }),
  }),
});

builder.objectRef<RunEventOf<'ToolApprovalDecided'>>('ToolApprovalDecided').implement({
  description: 'A decision about a tool call was made.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    callId: t.exposeID('callId', { description: 'The id of the call, unique within the run.' }),
    decision: t.expose('decision', { type: ApprovalDecisionRef, description: 'The decision.' }),
    reason: t.exposeString('reason', {
      description: 'The reason that the client gave for a denial; empty if it gave no reason.',
    }),
    decidedBy: t.exposeString('decidedBy', {
      nullable: true,
      description:
        'The `userId` of the user who decided, or who gave the grant that decided; null if nobody decided in time.',
    }),
    byGrant: t.boolean({
      description:
        'Whether a grant of the session decided: then nobody was asked, or the question needed no answer any more.',
      resolve: ({ byGrant }) => byGrant === true,
    }),
    changedArgs: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'The arguments with which the call runs in place of those of the model, because the user changed them; null if nobody did.',
      resolve: ({ changedArgs }) => passLongIntegers(changedArgs ?? null),
    }),
  }),
});

builder.mutationFields((t) => {
  const runId = idArg(t, RunRef, 'The `id` of the run that the call belongs to.');
  const callId = t.arg.id({ required: true, description: 'The `callId` in `ToolApprovalRequested`.' });
  return {
    approveToolCall: t.field({
      type: ToolCallRef,
      nullable: true,
      authScopes: (_root, args) => ({ run: args.runId }),
      description:
        'Lets a tool call run that waits for a decision. A later change of `toolApproval` does not stop it. Every client that can see the run may decide, and may repeat the same decision. Errors: NOT_FOUND if there is no such run or call; CONFLICT if the call does not wait for a decision, another decision was made, the session has too many grants, or the node for changed arguments is not connected; BAD_USER_INPUT if the tool does not take the arguments or its node refuses them.',
      args: {
        runId,
        callId,
        args: t.arg({
          type: 'JSON',
          description:
            'The arguments with which the call is to run, as a JSON object: all of them, also those that stay as the model wrote them. They are checked against the schema of the tool, and the model is told what it had called and what was made of it. Default: the arguments of the model.',
        }),
        remember: t.arg({
          type: RememberRef,
          required: true,
          defaultValue: 'ONCE',
          description: 'For which later calls of the session the approval holds.',
        }),
      },
      resolve: (_root, { runId, callId, args, remember }, context) =>
        context.engine.decideToolCall(
          { runId, callId: String(callId) },
          {
            decision: 'APPROVED',
            args: args ?? undefined,
            remember,
            decidedBy: userOf(context).userId,
            actor: context.actor,
          },
          context.signal,
        ),
    }),
    denyToolCall: t.field({
      type: ToolCallRef,
      nullable: true,
      authScopes: (_root, args) => ({ run: args.runId }),
      description:
        'Denies a tool call that waits for a decision. The model is told, and the run continues. Every client that can see the run may decide, and may repeat the same decision. Errors: NOT_FOUND if there is no such run or call; CONFLICT if the call does not wait for a decision, or another decision was made.',
      args: {
        runId,
        callId,
        reason: t.arg.string({
          validate: reason,
          description: 'The reason, at most 1,000 characters; the model is told. Default: no reason.',
        }),
      },
      resolve: (_root, { runId, callId, reason }, context) =>
        context.engine.decideToolCall(
          { runId, callId: String(callId) },
          {
            decision: 'DENIED',
            reason: reason ?? '',
            decidedBy: userOf(context).userId,
            actor: context.actor,
          },
          context.signal,
        ),
    }),
  };
});
