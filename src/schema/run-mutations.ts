import type { CancelReceipt } from '../chat/engine.ts';
import { usageOf } from '../chat/usage/usage.ts';
import { GatewayError } from '../errors.ts';
import { builder } from './builder.ts';
import { ChatInput, sendErrors, toSendInput } from './chat-input.ts';
import { findMessage, findToolCalls } from './find-rows.ts';
import { idOf } from './id-argument.ts';
import { MessageRef } from './message.ts';
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
    message: t.field({
      type: MessageRef,
      nullable: true,
      description:
        'The answer, with all text that was written; null if there is no run or the history has been cleared.',
      resolve: ({ run }, args, context) => findMessage(answerOf(run), args, context),
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

const CancelRunInput = builder.inputType('CancelRunInput', {
  description: 'What to cancel.',
  isOneOf: true,
  fields: (t) => ({
    runId: t.id({ description: 'The `id` of a run: cancels this run.' }).validate(idOf(RunRef).nullish()),
    sessionId: t
      .id({ description: 'The `id` of a session: cancels its live run and all its queued runs.' })
      .validate(idOf(SessionRef).nullish()),
  }),
});

type CancelTarget = { runId: number; sessionId?: undefined } | { runId?: undefined; sessionId: number };

interface CancelArgs {
  input?: CancelTarget | null | undefined;
  runId?: number | null | undefined;
  sessionId?: number | null | undefined;
}

/** @throws GatewayError BAD_USER_INPUT where the arguments name nothing, or more than one thing. */
function cancelTarget({ input, runId, sessionId }: CancelArgs): CancelTarget {
  const targets = [input, runId != null && { runId }, sessionId != null && { sessionId }].filter(
    (each) => !!each,
  );
  const [target] = targets;
  if (target && targets.length === 1) return target;
  throw new GatewayError('BAD_USER_INPUT', 'runId: expected either runId or sessionId.', { field: 'runId' });
}

builder.mutationFields((t) => ({
  sendMessage: t.field({
    type: RunRef,
    nullable: true,
    authScopes: (_root, { input }) => ({ session: input.sessionId }),
    description: `Sends a prompt and returns its run without waiting for the answer. Any client of the user can follow it with \`runEvents\`. ${sendErrors}`,
    args: { input: t.arg({ type: ChatInput, required: true, description: 'The prompt.' }) },
    resolve: async (_root, { input }, context) => context.engine.send(await toSendInput(input, context)),
  }),
  cancelRun: t.field({
    type: CancelReceiptRef,
    nullable: true,
    authScopes: (_root, args) => {
      const { runId, sessionId } = cancelTarget(args);
      return runId === undefined ? { session: sessionId } : { run: runId };
    },
    description:
      'Cancels one run, or the live run and all queued runs of a session. Give `runId` or `sessionId`, or one of them in `input`. Returns when they have ended: the text and the tokens so far are stored. Errors: NOT_FOUND; BAD_USER_INPUT if not exactly one is given; INSUFFICIENT_STORAGE or OVERLOADED if the run was stopped but its end cannot be saved yet.',
    args: {
      runId: t.arg
        .id({ description: 'The `id` of a run: cancels this run.' })
        .validate(idOf(RunRef).nullish()),
      sessionId: t.arg
        .id({ description: 'The `id` of a session: cancels its live run and all its queued runs.' })
        .validate(idOf(SessionRef).nullish()),
      input: t.arg({
        type: CancelRunInput,
        description: 'The same as one value. GraphQL itself refuses it if it does not hold exactly one id.',
      }),
    },
    resolve: (_root, args, { engine }) => {
      const { runId, sessionId } = cancelTarget(args);
      return runId === undefined ? engine.cancelCurrent(sessionId) : engine.cancelRun(runId);
    },
  }),
}));
