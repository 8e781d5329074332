import { wellFormedText } from '../base/well-formed-text.ts';
import type { CancelReceipt } from '../chat/engine.ts';
import type { SendInput } from '../chat/prompt-sender.ts';
import { usageOf } from '../chat/usage/usage.ts';
import type { Context } from '../context.ts';
import { GatewayError } from '../errors.ts';
import { acting } from './acting.ts';
import { builder } from './builder.ts';
import { idOf } from './global-id.ts';
import { MessageRef } from './message.ts';
import { RunRef } from './run.ts';
import { RunEventRef } from './run-event.ts';
import { SessionRef } from './session.ts';
import { nameText } from './stored-text.ts';
import { ModelUsageRef } from './token-usage.ts';

const OnBusyRef = builder.enumType('OnBusy', {
  description: 'What a prompt does in a session that is still answering another one.',
  values: {
    REJECT: { description: 'It is refused with RUN_IN_PROGRESS.' },
    INTERRUPT: { description: 'It cancels what runs and what waits, and is answered.' },
    ENQUEUE: { description: 'It waits for its turn.' },
  },
});

const ChatInput = builder.inputType('ChatInput', {
  description: 'A prompt for a session.',
  fields: (t) => ({
    sessionId: t.globalID({
      for: SessionRef,
      validate: idOf(SessionRef),
      required: true,
      description: 'The session that is to answer.',
    }),
    prompt: t.string({
      required: true,
      validate: wellFormedText.refine((prompt) => prompt.trim() !== '', 'expected some text'),
      description: 'What is asked.',
    }),
    requestId: t.string({
      validate: nameText,
      description:
        'An idempotency key of your choice, one for each prompt. Sent again with the same one, whether by you or by a client that reconnects, the prompt is not asked (and paid) again: you get the run it started.',
    }),
    onBusy: t.field({
      type: OnBusyRef,
      required: true,
      defaultValue: 'REJECT',
      description: 'What to do while the session is still answering another prompt.',
    }),
    providerName: t.string({
      validate: nameText,
      description: 'Another provider for this prompt only: see `models`.',
    }),
    modelName: t.string({
      validate: nameText,
      description: 'Another model for this prompt only: see `models`.',
    }),
  }),
});

type Input = typeof ChatInput.$inferInput;

function toSendInput(input: Input, { maxPromptBytes, log }: Context): SendInput {
  if (Buffer.byteLength(input.prompt) > maxPromptBytes) {
    const message = `input.prompt: expected at most ${maxPromptBytes} bytes of UTF-8.`;
    throw new GatewayError('PAYLOAD_TOO_LARGE', message, { field: 'input.prompt' });
  }
  return { ...input, sessionId: Number(input.sessionId.id), log };
}

const after = 'The `seq` of the last run event you have seen. Default: 0, all of them.';

builder.subscriptionFields((t) => ({
  chat: t.field({
    ...acting,
    type: RunEventRef,
    authScopes: (_root, { input }) => ({ session: Number(input.sessionId.id) }),
    description:
      'Sends a prompt and follows the answer, run event by run event, until the terminal one. With a `requestId` that is known already it only follows.',
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
    authScopes: (_root, { runId }) => ({ run: Number(runId.id) }),
    description:
      'Follows a run: what its log holds after the cursor, then live, until the terminal run event. A follower that is slow gets neighbouring deltas merged into one.',
    args: {
      runId: t.arg.globalID({ for: RunRef, validate: idOf(RunRef), required: true, description: 'The run.' }),
      after: t.arg.int({ description: after }),
    },
    subscribe: (_root, { runId, after }, { engine, signal }) =>
      engine.follow(Number(runId.id), after ?? 0, signal),
    resolve: (event) => event,
  }),
}));

const CancelReceiptRef = builder.objectRef<CancelReceipt>('CancelReceipt').implement({
  description: 'What became of a cancelled run.',
  fields: (t) => ({
    cancelled: t.exposeBoolean('cancelled', {
      description: 'Whether there was a live run and it was cancelled. Cancelling twice does no harm.',
    }),
    run: t.field({
      type: RunRef,
      nullable: true,
      description: 'The run as it is now; null where nothing was running.',
      resolve: ({ run }) => run,
    }),
    message: t.field({
      type: MessageRef,
      nullable: true,
      description: 'The answer, with all that had been written of it.',
      resolve: ({ run }, _args, { database }) =>
        run?.assistantMessageId
          ? database.message.findUnique({ where: { id: run.assistantMessageId } })
          : null,
    }),
    toolCalls: t.prismaField({
      type: ['ToolCall'],
      description:
        'The tool calls of the run, with what became of each: `stopped` says of a cancelled one whether nothing of it runs any more.',
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
      description: 'Tokens the run has used.',
      resolve: ({ run }) => run && usageOf(run),
    }),
  }),
});

builder.mutationFields((t) => ({
  sendMessage: t.field({
    type: RunRef,
    authScopes: (_root, { input }) => ({ session: Number(input.sessionId.id) }),
    description:
      'Sends a prompt and does not wait for the answer: follow it with `runEvents`, from anywhere.',
    args: { input: t.arg({ type: ChatInput, required: true, description: 'The prompt.' }) },
    resolve: (_root, { input }, context) => context.engine.send(toSendInput(input, context)),
  }),
  cancelRun: t.field({
    type: CancelReceiptRef,
    authScopes: (_root, { runId, sessionId }) => {
      if (runId) return { run: Number(runId.id) };
      return sessionId ? { session: Number(sessionId.id) } : { user: true };
    },
    description:
      'Stops a run, or whatever a session is running. Answers when it has stopped: the partial answer and the tokens so far are saved.',
    args: {
      runId: t.arg.globalID({
        for: RunRef,
        validate: idOf(RunRef),
        description: 'The run. Give this or `sessionId`.',
      }),
      sessionId: t.arg.globalID({
        for: SessionRef,
        validate: idOf(SessionRef),
        description: 'The session; prompts that wait in it are cancelled too. Give this or `runId`.',
      }),
    },
    resolve: (_root, { runId, sessionId }, { engine }) => {
      if (runId && !sessionId) return engine.cancelRun(Number(runId.id));
      if (sessionId && !runId) return engine.cancelCurrent(Number(sessionId.id));
      throw new GatewayError('BAD_USER_INPUT', 'Give either runId or sessionId.', { field: 'runId' });
    },
  }),
}));
