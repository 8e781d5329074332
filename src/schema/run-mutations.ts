import type { CancelReceipt } from '../chat/engine.ts';
import { usageOf } from '../chat/usage/usage.ts';
import { GatewayError } from '../errors.ts';
import { builder } from './builder.ts';
import { ChatInput, sendErrors, toSendInput } from './chat-input.ts';
import { findMessage, findToolCalls } from './find-rows.ts';
import { optionalIdArg } from './id-argument.ts';
import { RunRef } from './run.ts';
import { SessionRef } from './session.ts';
import { ModelUsageRef } from './token-usage.ts';

const answerOf = (run: CancelReceipt['run']) => ({ messageId: run?.assistantMessageId ?? null });

const CancelReceiptRef = builder.objectRef<CancelReceipt>('CancelReceipt').implement({
  description: 'The result of `cancelRun`.',
  fields: (t) => ({
    cancelled: t.exposeBoolean('cancelled', {
      description:
        'Whether a run was cancelled; false if no run was live or queued. Cancelling twice is not an error.',
    }),
    run: t.field({
      type: RunRef,
      nullable: true,
      description: 'The run as it is now; null if the session had no run to cancel.',
      resolve: ({ run }) => run,
    }),
    message: t.prismaField({
      type: 'Message',
      nullable: true,
      description:
        'The answer, with all text that was written; null if there is no run or the history has been cleared.',
      resolve: (query, { run }, args, context) => findMessage(query, answerOf(run), args, context),
    }),
    toolCalls: t.prismaField({
      type: ['ToolCall'],
      description:
        'The tool calls of the run. `stopped` of a cancelled call says whether nothing of the tool runs any more.',
      resolve: (query, { run }, args, context) => findToolCalls(query, answerOf(run), args, context),
    }),
    usage: t.field({
      type: ModelUsageRef,
      nullable: true,
      description: 'The tokens that the run has used; null if there is no run.',
      resolve: ({ run }) => run && usageOf(run),
    }),
  }),
});

builder.mutationFields((t) => ({
  sendMessage: t.field({
    type: RunRef,
    authScopes: (_root, { input }) => ({ session: input.sessionId }),
    description: `Sends a prompt and returns its run without waiting for the answer. Any client of the user can follow it with \`runEvents\`. ${sendErrors}`,
    args: { input: t.arg({ type: ChatInput, required: true, description: 'The prompt.' }) },
    resolve: (_root, { input }, context) => context.engine.send(toSendInput(input, context)),
  }),
  cancelRun: t.field({
    type: CancelReceiptRef,
    authScopes: (_root, { runId, sessionId }) => {
      if (runId) return { run: runId };
      return sessionId ? { session: sessionId } : { user: true };
    },
    description:
      'Cancels one run, or the live run and all queued runs of a session. Returns when they have ended: the text and the tokens so far are stored. Errors: NOT_FOUND; BAD_USER_INPUT unless exactly one of the arguments is given; INSUFFICIENT_STORAGE or OVERLOADED if the run was stopped but its end cannot be saved yet.',
    args: {
      runId: optionalIdArg(t, RunRef, 'The `id` of the run. Give either this or `sessionId`.'),
      sessionId: optionalIdArg(t, SessionRef, 'The `id` of the session. Give either this or `runId`.'),
    },
    resolve: (_root, { runId, sessionId }, { engine }) => {
      if (runId && !sessionId) return engine.cancelRun(runId);
      if (sessionId && !runId) return engine.cancelCurrent(sessionId);
      throw new GatewayError('BAD_USER_INPUT', 'Give either runId or sessionId.', { field: 'runId' });
    },
  }),
}));
