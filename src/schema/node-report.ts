import { z } from 'zod';
import { unicodeText } from '../base/well-formed-text.ts';
import type { OutputProgress } from '../nodes/dispatch/dispatch-output.ts';
import { toolErrorCodes } from '../tools/tool-runner.ts';
import { agentOf } from './access/access.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { dispatchIds, opaqueId } from './input-checks.ts';
import { NodeStatsInput } from './node-stats.ts';

const DispatchStatusRef = enumFromTable('DispatchStatus', 'How a dispatch ended, as its agent reports it.', {
  SUCCEEDED: 'The tool did its work.',
  FAILED: 'The tool failed; `result` says why.',
  CANCELLED: 'The agent stopped the tool, and nothing of it runs any more.',
  TIMED_OUT: 'The tool ran longer than `timeoutMs`, and the agent stopped it.',
});

const DispatchErrorCodeRef = enumFromTable(
  'DispatchErrorCode',
  'Why a dispatch failed: those values of `ToolErrorCode` that an agent can report.',
  {
    BAD_ARGUMENTS: toolErrorCodes.BAD_ARGUMENTS,
    TIMEOUT: toolErrorCodes.TIMEOUT,
    POLICY: toolErrorCodes.POLICY,
    FAILED: toolErrorCodes.FAILED,
  },
);

const FinishDispatchInput = builder.inputType('FinishDispatchInput', {
  description: 'How a dispatch ended.',
  fields: (t) => ({
    status: t.field({ type: DispatchStatusRef, required: true, description: 'How the dispatch ended.' }),
    result: t.string({
      required: true,
      validate: unicodeText,
      description: 'The result for the model. The gateway cuts it after `maxOutputBytes`.',
    }),
    exitCode: t.float({
      description:
        'The exit code, if the tool ran a program: a whole number, as the operating system gives it. Any other number is ignored.',
    }),
    errorCode: t.field({
      type: DispatchErrorCodeRef,
      description: 'Why the dispatch failed, if the status is FAILED. Default: FAILED.',
    }),
    filesSynced: t.boolean({
      description:
        'Whether the gateway has all files of the session that the dispatch may have changed. While it may not have them, it asks the node what is in its files. Default: false.',
    }),
  }),
});

const DispatchRefusalInput = builder.inputType('DispatchRefusalInput', {
  description: 'Why an agent would refuse a tool call.',
  fields: (t) => ({
    errorCode: t.field({
      type: DispatchErrorCodeRef,
      required: true,
      description: 'Why the call would fail: usually POLICY or BAD_ARGUMENTS.',
    }),
    result: t.string({
      required: true,
      validate: unicodeText,
      description: 'The reason, for the model. The gateway cuts it as it cuts a result.',
    }),
  }),
});

const DispatchCheckReportedRef = builder.objectRef<{ accepted: boolean }>('DispatchCheckReported').implement({
  description: 'The response to `reportDispatchCheck`.',
  fields: (t) => ({
    accepted: t.exposeBoolean('accepted', {
      description: 'Whether a run waited for the answer. False is not an error.',
    }),
  }),
});

const DispatchAcknowledgedRef = builder.objectRef<{ proceed: boolean }>('DispatchAcknowledged').implement({
  description: 'The response to `acknowledgeDispatch`.',
  fields: (t) => ({
    proceed: t.exposeBoolean('proceed', {
      description:
        'Whether the agent may start the tool. False: no run waits for it any more, or another process of the agent has it.',
    }),
  }),
});

const DispatchProgressRef = builder.objectRef<OutputProgress>('DispatchProgress').implement({
  description: 'The response to `appendDispatchOutput`.',
  fields: (t) => ({
    nextOffset: t.exposeInt('nextOffset', {
      description: 'Where the next piece must begin, in UTF-16 code units from the start of the output.',
    }),
    isWanted: t.exposeBoolean('isWanted', {
      description: 'Whether the gateway wants more output. False: it would drop further pieces.',
    }),
  }),
});

const DispatchFinishedRef = builder.objectRef<{ accepted: boolean }>('DispatchFinished').implement({
  description: 'The response to `finishDispatch`.',
  fields: (t) => ({
    accepted: t.exposeBoolean('accepted', {
      description:
        'Whether a run waited for the result. False is not an error, and the agent can forget the dispatch: the gateway keeps a late result only for a call that was interrupted or cancelled without confirmation.',
    }),
  }),
});

const NodeHeartbeatRef = builder.objectRef<{ unknownDispatchIds: string[] }>('NodeHeartbeat').implement({
  description: 'The response to `nodeHeartbeat`.',
  fields: (t) => ({
    unknownDispatchIds: t.idList({
      description:
        'Those ids in `running` for which no run waits any more. The agent must stop these dispatches.',
      resolve: ({ unknownDispatchIds }) => unknownDispatchIds,
    }),
  }),
});

builder.mutationFields((t) => {
  const dispatchId = () =>
    t.arg.id({ required: true, validate: opaqueId, description: 'The id of the dispatch.' });
  return {
    acknowledgeDispatch: t.field({
      type: DispatchAcknowledgedRef,
      nullable: true,
      authScopes: { agent: true },
      description:
        'For the agent of a node: asks whether it may start a dispatch. The agent must ask before it starts the tool. Errors: OVERLOADED while the run of the dispatch does not know where the node is connected now; the agent must ask again.',
      args: {
        dispatchId: dispatchId(),
        instanceId: t.arg.id({
          required: true,
          validate: opaqueId,
          description: 'The `instanceId` with which this process of the agent opened its inbox.',
        }),
      },
      resolve: async (_root, args, context) => ({
        proceed: await context.dispatcher.acknowledge(agentOf(context), args.dispatchId, args.instanceId),
      }),
    }),
    reportDispatchCheck: t.field({
      type: DispatchCheckReportedRef,
      nullable: true,
      authScopes: { agent: true },
      description: 'For the agent of a node: answers `CheckDispatch`.',
      args: {
        dispatchId: dispatchId(),
        refusal: t.arg({
          type: DispatchRefusalInput,
          description: 'Why the agent would refuse the call. Null: it would run the call.',
        }),
      },
      resolve: async (_root, args, context) => ({
        accepted: await context.dispatcher.reportCheck(
          agentOf(context),
          args.dispatchId,
          args.refusal ?? null,
        ),
      }),
    }),
    appendDispatchOutput: t.field({
      type: DispatchProgressRef,
      nullable: true,
      authScopes: { agent: true },
      description:
        'For the agent of a node: reports further output of a dispatch. The gateway skips text that it has already. Errors: CONFLICT if an earlier piece is missing; `extensions.nextOffset` says where to continue; OVERLOADED while the run of the dispatch does not know where the node is connected now.',
      args: {
        dispatchId: dispatchId(),
        offset: t.arg.int({
          required: true,
          validate: z.number().min(0, 'expected 0 or more').max(1_000_000_000, 'expected at most 1000000000'),
          description:
            'Where the piece begins, in UTF-16 code units from the start of the output: 0 to 1,000,000,000.',
        }),
        text: t.arg.string({ required: true, validate: unicodeText, description: 'The piece of output.' }),
      },
      resolve: (_root, args, context) =>
        context.dispatcher.append(agentOf(context), args.dispatchId, args.offset, args.text),
    }),
    finishDispatch: t.field({
      type: DispatchFinishedRef,
      nullable: true,
      authScopes: { agent: true },
      description:
        'For the agent of a node: reports the end of a dispatch. The agent must repeat this until it gets a response. Errors: OVERLOADED while the run of the dispatch does not know where the node is connected now, or has not got the result yet.',
      args: {
        dispatchId: dispatchId(),
        input: t.arg({ type: FinishDispatchInput, required: true, description: 'How the dispatch ended.' }),
      },
      resolve: async (_root, args, context) => ({
        accepted: await context.dispatcher.finish(agentOf(context), args.dispatchId, args.input),
      }),
    }),
    nodeHeartbeat: t.field({
      type: NodeHeartbeatRef,
      nullable: true,
      authScopes: { agent: true },
      description:
        'For the agent of a node: reports that the agent is alive, and what it has measured. `InboxOpened` says how often to call this.',
      args: {
        stats: t.arg({
          type: NodeStatsInput,
          required: true,
          description: 'What the agent has measured on its machine.',
        }),
        running: t.arg.idList({
          required: true,
          validate: dispatchIds,
          description:
            'The ids of the dispatches that this process runs, or has finished and not yet reported: at most 1,000.',
        }),
      },
      resolve: async (_root, { stats, running }, context) => ({
        unknownDispatchIds: await context.dispatcher.beat(agentOf(context), stats, running),
      }),
    }),
  };
});
