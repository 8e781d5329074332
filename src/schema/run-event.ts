import { passLongIntegers } from '../base/long-integers.ts';
import type { RunEvent } from '../chat/log/run-event.ts';
import { builder } from './builder.ts';
import { SessionEventRef, ViewerEventRef } from './change-event.ts';
import { runField, sessionField } from './event-fields.ts';
import { findCallNode, findMessage } from './find-rows.ts';
import { MessageRef } from './message.ts';
import { RunFailureCodeRef } from './run.ts';
import { ModelUsageRef } from './token-usage.ts';
import { ToolCallStatusRef, ToolErrorCodeRef } from './tool-call.ts';

/** The run event of this type. */
export type RunEventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

export const RunEventRef = builder.interfaceRef<RunEvent>('RunEvent').implement({
  description: 'An entry in the log of a run: something that happened in the run.',
  resolveType: (event) => event.type,
  fields: (t) => ({
    seq: t.exposeInt('seq', {
      description:
        'The position in the log, which counts up from 1. Deltas that were merged into one have the `seq` of the last. To continue later, pass the newest `seq` as `after`.',
    }),
    runId: t.globalID({
      description: 'The `id` of the run.',
      resolve: ({ runId }) => ({ type: 'Run', id: runId }),
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When it happened.' }),
  }),
});

builder.objectRef<RunEventOf<'RunQueued'>>('RunQueued').implement({
  description: 'The session is busy, so the run waits in the queue of the session.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    run: runField(t),
  }),
});

builder.objectRef<RunEventOf<'RunStarted'>>('RunStarted').implement({
  description: 'The run has started: the gateway asks the model.',
  interfaces: [RunEventRef, SessionEventRef, ViewerEventRef],
  fields: (t) => ({
    run: runField(t),
    session: sessionField(t, 'The session that the run belongs to; null if it has been deleted.'),
    userMessage: t.field({
      type: MessageRef,
      nullable: true,
      description: 'The prompt; null if the history has been cleared.',
      resolve: ({ userMessageId }, args, context) => findMessage({ messageId: userMessageId }, args, context),
    }),
    assistantMessageId: t.globalID({
      description: 'The `id` of the message that the run writes.',
      resolve: ({ assistantMessageId }) => ({ type: 'Message', id: assistantMessageId }),
    }),
  }),
});

builder.objectRef<RunEventOf<'RunResumed'>>('RunResumed').implement({
  description:
    'A gateway goes on with the run after the one that executed it has stopped or failed. Keep this text of the answer and append to it: discard what you have beyond `textOffset`. The tool calls so far are told again, and then the run goes on.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    run: runField(t),
    textOffset: t.exposeInt('textOffset', {
      description: 'How many UTF-16 code units of the text of the answer stay.',
    }),
    reasoningOffset: t.exposeInt('reasoningOffset', {
      description: 'How many UTF-16 code units of the reasoning stay.',
    }),
    content: t.exposeString('content', {
      description: 'The text of the answer so far, for a client that has missed it. It ends at `textOffset`.',
    }),
    reasoning: t.exposeString('reasoning', {
      description: 'The reasoning so far. It ends at `reasoningOffset`.',
    }),
  }),
});

builder.objectRef<RunEventOf<'ContextTrimmed'>>('ContextTrimmed').implement({
  description:
    'The messages do not fit into the context of the model, so the model does not get the oldest messages, or not all of the results of its tools.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    omittedMessages: t.exposeInt('omittedMessages', {
      description: 'How many messages the model does not get.',
    }),
    shortenedResults: t.int({
      description:
        'How many results of tool calls of this answer the model gets shortened from here on, because the answer itself fills the context. The calls keep their results.',
      resolve: ({ shortenedResults }) => shortenedResults ?? 0,
    }),
  }),
});

builder.objectRef<RunEventOf<'ContextCompactionStarted'>>('ContextCompactionStarted').implement({
  description:
    'The messages do not fit into the context of the model. The gateway asks the model to sum up the oldest ones, and the answer begins after that. `ContextCompacted` follows, or `ContextTrimmed` if there is no summary.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    omittedMessages: t.exposeInt('omittedMessages', {
      description: 'How many messages the summary is to stand for.',
    }),
  }),
});

builder.objectRef<RunEventOf<'ContextCompacted'>>('ContextCompacted').implement({
  description:
    'The messages do not fit into the context of the model, so the model gets a summary in place of the oldest messages. The messages stay in the session.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    summary: t.exposeString('summary', { description: 'What the model gets in their place.' }),
    omittedMessages: t.exposeInt('omittedMessages', {
      description: 'How many messages the model does not get.',
    }),
    throughMessage: t.field({
      type: MessageRef,
      nullable: true,
      description:
        'The newest message that the summary stands for; null if it has been deleted. Its `contextSummary` is this summary.',
      resolve: ({ throughMessageId }, args, context) =>
        findMessage({ messageId: throughMessageId }, args, context),
    }),
    isNew: t.exposeBoolean('isNew', {
      description: 'Whether this run has made the summary. Otherwise an earlier run of the session has.',
    }),
  }),
});

builder.objectRef<RunEventOf<'ModelRetryScheduled'>>('ModelRetryScheduled').implement({
  description:
    'A request to the model failed before the answer began, and the gateway will send it again. The run goes on with the next run event.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    attempt: t.exposeInt('attempt', { description: '1 for the first repetition of a request, then 2, 3 …' }),
    code: t.expose('code', {
      type: RunFailureCodeRef,
      description: 'Why the request failed, for programs. The run itself has not failed.',
    }),
    reason: t.exposeString('reason', {
      description: 'Why the request failed, as a sentence for people.',
    }),
    dueAt: t.expose('dueAt', {
      type: 'DateTime',
      description: 'When the gateway sends the request again.',
    }),
  }),
});

builder.objectRef<RunEventOf<'ReasoningDelta'>>('ReasoningDelta').implement({
  description: 'More of the reasoning of the model.',
  interfaces: [RunEventRef],
  fields: (t) => ({ text: t.exposeString('text', { description: 'The text to append to the reasoning.' }) }),
});

builder.objectRef<RunEventOf<'TextDelta'>>('TextDelta').implement({
  description: 'More of the answer.',
  interfaces: [RunEventRef],
  fields: (t) => ({ text: t.exposeString('text', { description: 'The text to append to the answer.' }) }),
});

builder.objectRef<RunEventOf<'ToolCallStarted'>>('ToolCallStarted').implement({
  description: 'The model has called a tool.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    callId: t.exposeID('callId', { description: 'The id of the call, unique within the run.' }),
    name: t.exposeString('name', { description: 'The name of the tool.' }),
    args: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The arguments that the model gave; a string if they are not valid JSON.',
      resolve: ({ args }) => passLongIntegers(args),
    }),
    byClient: t.boolean({
      description:
        'Whether clients run the call, or the user answers it. Then `ClientToolRequested` follows.',
      resolve: ({ byClient = false }) => byClient,
    }),
    nodeId: t.exposeString('nodeId', {
      nullable: true,
      description:
        'The `nodeId` of the node on which the tool is to run; null if the tool needs no node or no node was found.',
    }),
    textOffset: t.exposeInt('textOffset', {
      description: 'How many UTF-16 code units of the text of the answer were written before the call.',
    }),
    reasoningOffset: t.exposeInt('reasoningOffset', {
      description: 'How many UTF-16 code units of the reasoning were written before the call.',
    }),
    node: t.prismaField({
      type: 'AgentNode',
      nullable: true,
      description:
        'That node; null if there is no node, if it was deleted, or if it belongs to another user.',
      resolve: findCallNode,
    }),
  }),
});

builder.objectRef<RunEventOf<'ToolOutputDelta'>>('ToolOutputDelta').implement({
  description: 'More of the output of a tool.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    callId: t.exposeID('callId', { description: 'The id of the call, unique within the run.' }),
    text: t.exposeString('text', { description: 'The text to append to the output.' }),
  }),
});

builder.objectRef<RunEventOf<'ToolCallFinished'>>('ToolCallFinished').implement({
  description: 'A tool call has ended.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    callId: t.exposeID('callId', { description: 'The id of the call, unique within the run.' }),
    name: t.exposeString('name', { description: 'The name of the tool.' }),
    status: t.expose('status', { type: ToolCallStatusRef, description: 'How the call ended.' }),
    result: t.exposeString('result', { description: 'The result, as the model gets it.' }),
    errorCode: t.expose('errorCode', {
      type: ToolErrorCodeRef,
      nullable: true,
      description: 'Why the call failed or was denied, for programs; null if it was not.',
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
    durationMs: t.exposeInt('durationMs', {
      description: 'How long the tool ran, in milliseconds, without the wait for an approval.',
    }),
  }),
});

builder.objectRef<RunEventOf<'PromptSteered'>>('PromptSteered').implement({
  description:
    'A prompt has joined the answer (`onBusy: STEER`): the model is told it with its next request. The offsets say where in the answer it stands. A client that sent this prompt with `chat` gets the run events of this run from here on, with their own `runId`.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    run: runField(t),
    message: t.field({
      type: MessageRef,
      nullable: true,
      description: 'The prompt; null if it has been deleted.',
      resolve: findMessage,
    }),
    answerId: t.globalID({
      description: 'The `id` of the answer that the prompt has joined: the message that the run writes.',
      resolve: ({ answerId }) => ({ type: 'Message', id: answerId }),
    }),
    textOffset: t.exposeInt('textOffset', {
      description: 'How many UTF-16 code units of the text of the answer were written before the prompt.',
    }),
    reasoningOffset: t.exposeInt('reasoningOffset', {
      description: 'How many UTF-16 code units of the reasoning were written before the prompt.',
    }),
    callsBefore: t.exposeInt('callsBefore', {
      description: 'How many tool calls of the answer were made before the prompt.',
    }),
  }),
});

builder.objectRef<RunEventOf<'UsageReported'>>('UsageReported').implement({
  description: 'A request to the model has ended, and the tokens it used are known.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    usage: t.expose('usage', {
      type: ModelUsageRef,
      description: 'The tokens that the run has used so far.',
    }),
    step: t.expose('step', {
      type: ModelUsageRef,
      description: 'The tokens of this request alone.',
    }),
  }),
});

builder.objectRef<RunEventOf<'HistoryGap'>>('HistoryGap').implement({
  description:
    'The log no longer holds these run events. Discard the text received so far: `message` of the terminal run event, or `RunResumed` before it, holds the answer.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    fromSeq: t.exposeInt('fromSeq', { description: 'The `seq` of the first missing run event.' }),
    toSeq: t.exposeInt('toSeq', { description: 'The `seq` of the last missing run event.' }),
  }),
});
