import { z } from 'zod';
import type { OutputProgress } from '../nodes/dispatch/dispatch-output.ts';
import { toolErrorCodes } from '../tools/tool-runner.ts';
import { agentOf } from './access/access.ts';
import { builder } from './builder.ts';
import { dispatchIds, opaqueId } from './node-input.ts';

const text = z.string().regex(/^\P{Surrogate}*$/u, 'expected well-formed Unicode');
const amount = z.number().min(0, 'expected 0 or more');

const NodeStatsInput = builder.inputType('NodeStatsInput', {
  description: 'What an agent has measured of its machine.',
  fields: (t) => ({
    cpuPercent: t.float({ required: true, validate: amount, description: 'How busy its processors are.' }),
    memoryUsedBytes: t.float({ required: true, validate: amount, description: 'Memory in use.' }),
    memoryTotalBytes: t.float({ required: true, validate: amount, description: 'Memory there is.' }),
    loadAverage: t.float({ required: true, validate: amount, description: 'The load of the last minute.' }),
    runningDispatches: t.int({ required: true, validate: amount, description: 'Dispatches in work.' }),
    uptimeSeconds: t.float({
      required: true,
      validate: amount,
      description: 'How long the agent has been running.',
    }),
  }),
});

const DispatchStatusRef = builder.enumType('DispatchStatus', {
  description: 'How a dispatch ended, as its agent reports it.',
  values: {
    SUCCEEDED: { description: 'It did what it was asked for.' },
    FAILED: { description: 'It did not; the result says why.' },
    CANCELLED: { description: 'It was stopped, and nothing of it runs any more.' },
    TIMED_OUT: { description: 'It took longer than `timeoutMs` and was stopped.' },
  } as const,
});

const DispatchErrorCodeRef = builder.enumType('DispatchErrorCode', {
  description: 'Why a dispatch failed: those values of `ToolErrorCode` that an agent can know of.',
  values: {
    BAD_ARGUMENTS: { description: toolErrorCodes.BAD_ARGUMENTS },
    TIMEOUT: { description: toolErrorCodes.TIMEOUT },
    POLICY: { description: toolErrorCodes.POLICY },
    FAILED: { description: toolErrorCodes.FAILED },
  } as const,
});

const FinishDispatchInput = builder.inputType('FinishDispatchInput', {
  description: 'What became of a dispatch.',
  fields: (t) => ({
    status: t.field({ type: DispatchStatusRef, required: true, description: 'How it ended.' }),
    result: t.string({ required: true, validate: text, description: 'What the model is told.' }),
    exitCode: t.int({ description: 'The exit code, where it ran a program.' }),
    errorCode: t.field({ type: DispatchErrorCodeRef, description: 'Why it failed. Default: FAILED.' }),
  }),
});

const DispatchAcknowledgedRef = builder.objectRef<{ proceed: boolean }>('DispatchAcknowledged').implement({
  description: 'The answer to an acknowledgement.',
  fields: (t) => ({
    proceed: t.exposeBoolean('proceed', {
      description: 'Whether to start it. False: nobody waits for it, or another process has it.',
    }),
  }),
});

const DispatchProgressRef = builder.objectRef<OutputProgress>('DispatchProgress').implement({
  description: 'How far the output of a dispatch has come.',
  fields: (t) => ({
    nextOffset: t.exposeInt('nextOffset', { description: 'Where the next piece begins.' }),
    isWanted: t.exposeBoolean('isWanted', { description: 'False where more of it would be dropped.' }),
  }),
});

const DispatchFinishedRef = builder.objectRef<{ accepted: boolean }>('DispatchFinished').implement({
  description: 'The answer to a result.',
  fields: (t) => ({
    accepted: t.exposeBoolean('accepted', {
      description:
        'Whether a run waited for it. False is no failure: forget the dispatch. A result that comes after its run was interrupted is kept.',
    }),
  }),
});

const NodeHeartbeatRef = builder.objectRef<{ unknownDispatchIds: string[] }>('NodeHeartbeat').implement({
  description: 'The answer to a heartbeat.',
  fields: (t) => ({
    unknownDispatchIds: t.idList({
      description: 'Those of `running` that nobody waits for: stop what still runs of them.',
      resolve: ({ unknownDispatchIds }) => unknownDispatchIds,
    }),
  }),
});

builder.mutationFields((t) => {
  const dispatchId = () => t.arg.id({ required: true, validate: opaqueId, description: 'The dispatch.' });
  return {
    acknowledgeDispatch: t.field({
      type: DispatchAcknowledgedRef,
      authScopes: { agent: true },
      description: 'For the agent of a node: asks, before it starts a dispatch, whether it may.',
      args: {
        dispatchId: dispatchId(),
        instanceId: t.arg.id({
          required: true,
          validate: opaqueId,
          description: 'The process that is to start it, as its inbox was opened.',
        }),
      },
      resolve: (_root, args, context) => ({
        proceed: context.dispatcher.acknowledge(agentOf(context), args.dispatchId, args.instanceId),
      }),
    }),
    appendDispatchOutput: t.field({
      type: DispatchProgressRef,
      authScopes: { agent: true },
      description:
        'For the agent of a node: more of what a dispatch prints. A piece that was sent before is not shown twice.',
      args: {
        dispatchId: dispatchId(),
        offset: t.arg.int({
          required: true,
          validate: amount.max(1_000_000_000, 'expected at most 1000000000'),
          description: 'Where the piece begins, in UTF-16 code units from the start of all output.',
        }),
        text: t.arg.string({ required: true, validate: text, description: 'The piece.' }),
      },
      resolve: (_root, args, context) =>
        context.dispatcher.append(agentOf(context), args.dispatchId, args.offset, args.text),
    }),
    finishDispatch: t.field({
      type: DispatchFinishedRef,
      authScopes: { agent: true },
      description: 'For the agent of a node: what became of a dispatch. To be sent until it is answered.',
      args: {
        dispatchId: dispatchId(),
        input: t.arg({ type: FinishDispatchInput, required: true, description: 'What became of it.' }),
      },
      resolve: async (_root, args, context) => ({
        accepted: await context.dispatcher.finish(agentOf(context), args.dispatchId, args.input),
      }),
    }),
    nodeHeartbeat: t.field({
      type: NodeHeartbeatRef,
      authScopes: { agent: true },
      description: 'For the agent of a node: it is alive, and this is how it fares.',
      args: {
        stats: t.arg({ type: NodeStatsInput, required: true, description: 'How it fares.' }),
        running: t.arg.idList({
          required: true,
          validate: dispatchIds,
          description: 'The dispatches that it has in work, or has finished and not yet reported.',
        }),
      },
      resolve: (_root, { stats, running }, context) => ({
        unknownDispatchIds: context.registry.beat(agentOf(context), stats, running),
      }),
    }),
  };
});
