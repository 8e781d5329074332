import type { RunEvent } from '../chat/log/run-event.ts';
import { builder } from './builder.ts';
import { findCallNode } from './call-node.ts';
import { ModelUsageRef } from './token-usage.ts';
import { ToolCallStatusRef } from './tool-call.ts';
import { ToolErrorCodeRef } from './tool-error-code.ts';

type Of<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

export const RunEventRef = builder.interfaceRef<RunEvent>('RunEvent').implement({
  description: 'An entry of the log of a run: what happened while the prompt was being answered.',
  resolveType: (event) => event.type,
  fields: (t) => ({
    seq: t.exposeInt('seq', {
      description:
        'Its place in the log. Grows; merged deltas carry the last one. Give the newest you have seen as `after` to go on from there.',
    }),
    runId: t.globalID({
      description: 'The run.',
      resolve: ({ runId }) => ({ type: 'Run', id: runId }),
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When it happened.' }),
  }),
});

builder.objectRef<Of<'RunQueued'>>('RunQueued').implement({
  description: 'The session is busy: the run waits for its turn.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    run: t.prismaField({
      type: 'Run',
      nullable: true,
      description: 'The run; null where its session was deleted since.',
      resolve: (query, { runId }, _args, { database }) =>
        database.run.findUnique({ ...query, where: { id: runId } }),
    }),
  }),
});

export const RunStartedRef = builder.objectRef<Of<'RunStarted'>>('RunStarted').implement({
  description: 'The model is being asked.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    run: t.prismaField({
      type: 'Run',
      nullable: true,
      description: 'The run; null where its session was deleted since.',
      resolve: (query, { runId }, _args, { database }) =>
        database.run.findUnique({ ...query, where: { id: runId } }),
    }),
    session: t.prismaField({
      type: 'Session',
      nullable: true,
      description: 'The session that answers; null where it was deleted since.',
      resolve: (query, { sessionId }, _args, { database }) =>
        database.session.findUnique({ ...query, where: { id: sessionId } }),
    }),
    userMessage: t.prismaField({
      type: 'Message',
      nullable: true,
      description: 'The prompt; null once the history was cleared.',
      resolve: (query, { userMessageId }, _args, { database }) =>
        database.message.findUnique({ ...query, where: { id: userMessageId } }),
    }),
    assistantMessageId: t.globalID({
      description: 'The id of the message that is being written.',
      resolve: ({ assistantMessageId }) => ({ type: 'Message', id: assistantMessageId }),
    }),
  }),
});

builder.objectRef<Of<'ContextTrimmed'>>('ContextTrimmed').implement({
  description: 'The conversation is longer than the context of the model: it is not shown the oldest turns.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    omittedMessages: t.exposeInt('omittedMessages', { description: 'How many messages are left out.' }),
  }),
});

builder.objectRef<Of<'ReasoningDelta'>>('ReasoningDelta').implement({
  description: 'More of what the model thinks before it answers.',
  interfaces: [RunEventRef],
  fields: (t) => ({ text: t.exposeString('text', { description: 'To be appended.' }) }),
});

builder.objectRef<Of<'TextDelta'>>('TextDelta').implement({
  description: 'More of the answer.',
  interfaces: [RunEventRef],
  fields: (t) => ({ text: t.exposeString('text', { description: 'To be appended.' }) }),
});

builder.objectRef<Of<'ToolCallStarted'>>('ToolCallStarted').implement({
  description: 'The model called a tool.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    callId: t.exposeID('callId', { description: 'Names the call within the run.' }),
    name: t.exposeString('name', { description: 'The name of the tool.' }),
    args: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The arguments as the model gave them; a string where they are not valid JSON.',
      resolve: ({ args }) => args,
    }),
    nodeId: t.exposeString('nodeId', {
      nullable: true,
      description:
        'The `nodeId` of the node that it is meant for; null where it needs none, or none was found.',
    }),
    node: t.prismaField({
      type: 'AgentNode',
      nullable: true,
      description: 'That node; null where there is none, or it was deleted since.',
      resolve: (query, event, _args, context) => findCallNode(query, event, context),
    }),
  }),
});

builder.objectRef<Of<'ToolOutputDelta'>>('ToolOutputDelta').implement({
  description: 'More of what a tool prints.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    callId: t.exposeID('callId', { description: 'Names the call within the run.' }),
    text: t.exposeString('text', { description: 'To be appended.' }),
  }),
});

builder.objectRef<Of<'ToolCallFinished'>>('ToolCallFinished').implement({
  description: 'A tool call ended.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    callId: t.exposeID('callId', { description: 'Names the call within the run.' }),
    name: t.exposeString('name', { description: 'The name of the tool.' }),
    status: t.expose('status', { type: ToolCallStatusRef, description: 'How it ended.' }),
    result: t.exposeString('result', { description: 'What the model is told.' }),
    errorCode: t.expose('errorCode', {
      type: ToolErrorCodeRef,
      nullable: true,
      description: 'Why it failed or was denied, for programs.',
    }),
    exitCode: t.exposeInt('exitCode', {
      nullable: true,
      description: 'The exit code, where the tool ran a program.',
    }),
    stopped: t.exposeBoolean('stopped', {
      nullable: true,
      description: 'Of a cancelled call: whether nothing of it runs any more, for certain.',
    }),
    durationMs: t.exposeInt('durationMs', {
      description: 'How long it ran, in milliseconds. Waiting for an approval does not count.',
    }),
  }),
});

builder.objectRef<Of<'UsageReported'>>('UsageReported').implement({
  description: 'A call of the model ended and its tokens are known.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    usage: t.field({
      type: ModelUsageRef,
      description: 'Tokens the run has used so far.',
      resolve: ({ usage }) => usage,
    }),
  }),
});

builder.objectRef<Of<'HistoryGap'>>('HistoryGap').implement({
  description:
    'These run events cannot be replayed any more. Discard what you have of the answer: `message` of the terminal run event that follows holds all of it.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    fromSeq: t.exposeInt('fromSeq', { description: 'The first one missing.' }),
    toSeq: t.exposeInt('toSeq', { description: 'The last one missing.' }),
  }),
});
