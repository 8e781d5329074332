import { wellFormedText } from '../base/well-formed-text.ts';
import type { CancelReceipt } from '../chat/engine.ts';
import type { SendInput } from '../chat/prompt-sender.ts';
import { usageOf } from '../chat/usage/usage.ts';
import type { Context } from '../context.ts';
import { GatewayError } from '../errors.ts';
import { builder } from './builder.ts';
import { idArg, idOf, optionalIdArg } from './id-argument.ts';
import { nameText } from './input-checks.ts';
import { MessageRef } from './message.ts';
import { acting } from './post-only.ts';
import { RunRef } from './run.ts';
import { RunEventRef } from './run-event.ts';
import { SessionRef } from './session.ts';
import { ModelUsageRef } from './token-usage.ts';

const OnBusyRef = builder.enumType('OnBusy', {
  description: 'What happens to a prompt while another run of the session is live or queued.',
  values: {
    REJECT: { description: 'The prompt is refused with RUN_IN_PROGRESS.' },
    INTERRUPT: {
      description:
        'The live run and all queued runs of the session are cancelled, and the prompt is answered.',
    },
    ENQUEUE: {
      description:
        'The prompt waits in the queue of the session. It is refused with RATE_LIMITED when `MAX_QUEUED_RUNS` (default: 8) prompts wait already.',
    },
  },
});

const ChatInput = builder.inputType('ChatInput', {
  description: 'A prompt for a session.',
  fields: (t) => ({
    sessionId: t
      .id({ required: true, description: 'The `id` of the session to which the prompt is sent.' })
      .validate(idOf(SessionRef)),
    prompt: t.string({
      required: true,
      validate: wellFormedText.refine((prompt) => prompt.trim() !== '', 'expected some text'),
      description:
        'The text of the prompt; it must not be blank. More than `MAX_PROMPT_BYTES` (default: 262,144) bytes of UTF-8 are refused with PAYLOAD_TOO_LARGE.',
    }),
    requestId: t.string({
      validate: nameText,
      description:
        'An idempotency key that the client chooses, a new one for each prompt: at most 200 characters. When a prompt is sent again with the same key, for example after a lost connection, the gateway does not ask the model again and returns the run that the first request started. The same key with another prompt is refused with REQUEST_ID_REUSED.',
    }),
    onBusy: t.field({
      type: OnBusyRef,
      required: true,
      defaultValue: 'REJECT',
      description: 'What to do while another run of the session is live or queued.',
    }),
    providerName: t.string({
      validate: nameText,
      description:
        'The provider for this prompt only, as `models` lists it. Default: the provider of the session.',
    }),
    modelName: t.string({
      validate: nameText,
      description:
        'The model for this prompt only, as `models` lists it. Default: the model of the session or, with another `providerName`, the default model of that provider.',
    }),
  }),
});

type Input = typeof ChatInput.$inferInput;

function toSendInput(input: Input, { maxPromptBytes, log }: Context): SendInput {
  if (Buffer.byteLength(input.prompt) > maxPromptBytes) {
    const message = `input.prompt: expected at most ${maxPromptBytes} bytes of UTF-8.`;
    throw new GatewayError('PAYLOAD_TOO_LARGE', message, { field: 'input.prompt' });
  }
  return { ...input, log };
}

const after =
  'The `seq` of the last run event that the client has seen. Default: 0, which returns the whole log.';

builder.subscriptionFields((t) => ({
  chat: t.field({
    ...acting,
    type: RunEventRef,
    authScopes: (_root, { input }) => ({ session: input.sessionId }),
    description:
      'Sends a prompt and follows its run up to the terminal run event. With a `requestId` that was used before, it only follows the run of that time. The run continues when the client disconnects. Accepts only POST requests. Errors: NOT_FOUND; BAD_USER_INPUT if the gateway does not have the provider or the model; PAYLOAD_TOO_LARGE; RUN_IN_PROGRESS; REQUEST_ID_REUSED; RATE_LIMITED when the user has too many live runs or the session too many queued runs; MODEL_UNAVAILABLE if the provider does not respond; OVERLOADED; SHUTTING_DOWN.',
    args: {
      input: t.arg({ type: ChatInput, required: true, description: 'The prompt.' }),
      after: t.arg.int({ description: after }),
    },
    subscribe: (_root, { input, after }, context) =>
      context.engine.chat(toSendInput(input, context), after ?? 0, context.signal),
    resolve: (event) => event,
  }),
  runEvents: t.field({
    type: RunEventRef,
    authScopes: (_root, { runId }) => ({ run: runId }),
    description:
      'Follows a run: replays the run events after `after` from its log, then sends live ones, up to the terminal run event. A client that reads slowly gets consecutive deltas merged into one. Errors: NOT_FOUND; BAD_USER_INPUT if the run has no such `after`; RATE_LIMITED when `MAX_FOLLOWERS_PER_USER` is reached.',
    args: {
      runId: idArg(t, RunRef, 'The `id` of the run.'),
      after: t.arg.int({ description: after }),
    },
    subscribe: (_root, { runId, after }, { engine, signal }) => engine.follow(runId, after ?? 0, signal),
    resolve: (event) => event,
  }),
}));

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
      resolve: ({ run }, _args, { database }) =>
        run?.assistantMessageId
          ? database.message.findUnique({ where: { id: run.assistantMessageId } })
          : null,
    }),
    toolCalls: t.prismaField({
      type: ['ToolCall'],
      description:
        'The tool calls of the run. `stopped` of a cancelled call says whether nothing of the tool runs any more.',
      resolve: (query, { run }, _args, { database }) =>
        database.toolCall.findMany({
          ...query,
          where: { messageId: run?.assistantMessageId ?? 0 },
          orderBy: { id: 'asc' },
        }),
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
    description:
      'Sends a prompt and returns its run without waiting for the answer. Any client of the user can follow it with `runEvents`. Errors: NOT_FOUND; BAD_USER_INPUT if the gateway does not have the provider or the model; PAYLOAD_TOO_LARGE; RUN_IN_PROGRESS; REQUEST_ID_REUSED; RATE_LIMITED when the user has too many live runs or the session too many queued runs; MODEL_UNAVAILABLE if the provider does not respond; OVERLOADED; SHUTTING_DOWN.',
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
      'Cancels one run, or the live run and all queued runs of a session. Returns when they have ended: the text and the tokens so far are stored. Errors: NOT_FOUND; BAD_USER_INPUT unless exactly one of the arguments is given.',
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
