import { builder } from './builder.ts';
import { ChatInput, sendErrors, toSendInput } from './chat-input.ts';
import { idArg } from './id-argument.ts';
import { postOnly } from './post-only.ts';
import { RunRef } from './run.ts';
import { RunEventRef } from './run-event.ts';

const after =
  'The `seq` of the last run event that the client has seen. Default: 0, which returns the whole log.';

builder.subscriptionFields((t) => ({
  chat: t.field({
    ...postOnly,
    type: RunEventRef,
    authScopes: (_root, { input }) => ({ session: input.sessionId }),
    description: `Sends a prompt and follows its run up to the terminal run event. With a \`requestId\` that was used before, it only follows the run of that time. The run continues when the client disconnects. Accepts only POST requests. ${sendErrors}`,
    args: {
      input: t.arg({ type: ChatInput, required: true, description: 'The prompt.' }),
      after: t.arg.int({
        description: `${after} Any other value needs a \`requestId\` that was used before, and otherwise fails with BAD_USER_INPUT.`,
      }),
    },
    subscribe: async (_root, { input, after }, context) =>
      context.engine.chat(await toSendInput(input, context), after ?? 0, context.signal),
    resolve: (event) => event,
  }),
  runEvents: t.field({
    type: RunEventRef,
    authScopes: (_root, { runId }) => ({ followRun: runId }),
    description:
      'Follows a run: replays the run events after `after` from its log, then sends live ones, up to the terminal run event. A client that reads slowly gets consecutive deltas merged into one. Errors: NOT_FOUND; BAD_USER_INPUT if the run has not come as far as `after`.',
    args: {
      runId: idArg(t, RunRef, 'The `id` of the run.'),
      after: t.arg.int({ description: after }),
      splitAt: t.arg.int({
        description:
          'A delta with this `seq` is not merged with the one behind it. For a client that reads the whole log again and must know which text somebody had received when they had seen this `seq`. Default: deltas are merged wherever the client reads slowly.',
      }),
    },
    subscribe: (_root, { runId, after, splitAt }, { engine, signal }) =>
      engine.follow(runId, after ?? 0, signal, splitAt ?? undefined),
    resolve: (event) => event,
  }),
}));
