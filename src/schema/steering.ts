import { type SteeredPrompt, steeredPromptsOf } from '../chat/history/steered-prompts.ts';
import { joinedRunId } from '../chat/log/joined-run.ts';
import { builder } from './builder.ts';
import { MessageRef } from './message.ts';
import { rowsOf } from './paging/rows.ts';
import { RunRef } from './run.ts';

// Prompts that join an answer while it is written: see src/chat/steering/README.md.

const SteeredPromptRef = builder.objectRef<SteeredPrompt>('SteeredPrompt').implement({
  description: 'A prompt that joined an answer while it was being written, and where.',
  fields: (t) => ({
    message: t.field({
      type: MessageRef,
      nullable: true,
      description: 'The prompt; null if it has been deleted.',
      resolve: ({ messageId }, _args, context) => rowsOf(context).message.load(messageId),
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

builder.prismaObjectFields('Message', (t) => ({
  steeredInto: t.field({
    type: MessageRef,
    nullable: true,
    description:
      'For a prompt that joined an answer while it was being written (`onBusy: STEER`): that answer. The prompt comes behind it in `messages`, and has no answer of its own. Null for all other messages.',
    resolve: ({ steeredIntoId: id }, _args, context) =>
      id === null ? null : rowsOf(context).message.load(id),
  }),
  steeredPrompts: t.field({
    type: [SteeredPromptRef],
    description:
      'For an answer: the prompts that joined it while it was being written, in the order in which the model was told them. Empty for most messages.',
    resolve: (message) => steeredPromptsOf(message),
  }),
}));

builder.prismaObjectFields('Run', (t) => ({
  steeredInto: t.field({
    type: RunRef,
    nullable: true,
    description:
      'The run whose answer the prompt has joined (`onBusy: STEER`). It answers the prompt, and following this run means following that one. `status`, `assistantMessage`, `finishReason`, `cancelCause`, `error`, `lastSeq` and `finishedAt` are those of that run; `usage` is not, so that no tokens are counted twice. Null while the prompt waits, if the run has answered it itself, and for all other prompts.',
    resolve: (run, _args, context) => {
      const id = joinedRunId(run);
      return id === null ? null : rowsOf(context).run.load(id);
    },
  }),
}));
