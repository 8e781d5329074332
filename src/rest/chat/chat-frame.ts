import { z } from '@hono/zod-openapi';

const text = (description: string) => z.string().openapi({ description });
const callId = text('The tool call’s id, unique within the message.');
const toolName = text('The tool’s name.');
const messageId = z
  .int()
  .nullable()
  .openapi({ description: 'The assistant message that holds the answer. Null: it has since been deleted.' });

const RunUsage = z
  .object({
    provider_name: text('The provider that answered.'),
    model_name: text('The model that answered.'),
    input_tokens: z.int().openapi({ description: 'Tokens sent to the model.' }),
    output_tokens: z.int().openapi({ description: 'Tokens that the model wrote, reasoning included.' }),
    reasoning_tokens: z.int().openapi({ description: 'The part of the output that was reasoning.' }),
    cached_input_tokens: z
      .int()
      .openapi({ description: 'The part of the input that the provider had cached.' }),
    total_tokens: z.int().openapi({ description: 'Input and output together.' }),
    measured: z.boolean().openapi({
      description: 'False: the provider did not report every number, and some are the gateway’s estimate.',
    }),
  })
  .openapi('RunUsage', { description: 'Tokens that one run has used so far.' });

const StatusFrame = z.object({
  type: z.literal('status'),
  status: z.enum(['queued', 'running', 'awaiting_approval', 'context_trimmed', 'history_gap']).openapi({
    description:
      '`queued`: the prompt waits until the session is free. `running`: the model is at work. With `call_id`: it was decided whether that tool call may run. `awaiting_approval`: a tool call waits until somebody approves or denies it over GraphQL. `context_trimmed`: the oldest messages did not fit into the model’s context. `history_gap`: frames have expired; discard what you have, `full_answer` of the last frame holds all of it.',
  }),
  omitted_messages: z
    .int()
    .optional()
    .openapi({ description: 'With `context_trimmed`: how many messages were left out.' }),
  call_id: callId
    .optional()
    .openapi({ description: 'With `awaiting_approval`, and `running` after it: the tool call.' }),
  from_seq: z.int().optional().openapi({ description: 'With `history_gap`: the first seq that is missing.' }),
  to_seq: z.int().optional().openapi({ description: 'With `history_gap`: the last seq that is missing.' }),
});

const StartFrame = z.object({
  type: z.literal('start'),
  run_id: z.int().openapi({ description: 'The run: the number ahead of the colon in every frame’s id.' }),
  message_id: z.int().openapi({ description: 'The assistant message that is being written.' }),
  user_message_id: z
    .int()
    .nullable()
    .openapi({ description: 'The user message that is being answered. Null: it has since been deleted.' }),
});

const ReasoningFrame = z.object({
  type: z.literal('reasoning'),
  content: text('The next piece of the model’s reasoning.'),
});

const ContentFrame = z.object({ type: z.literal('content'), content: text('The next piece of the answer.') });

const ToolStartFrame = z.object({
  type: z.literal('tool_start'),
  call_id: callId,
  name: toolName,
  args: z.unknown().openapi({ description: 'The arguments the model gave, as JSON.' }),
  node_id: z
    .string()
    .nullable()
    .openapi({ description: 'The node that it is meant for. Null: it needs none, or none was found.' }),
});

const ToolOutputFrame = z.object({
  type: z.literal('tool_output'),
  call_id: callId,
  content: text('The next piece of what the tool prints.'),
});

const ToolResultFrame = z.object({
  type: z.literal('tool_result'),
  call_id: callId,
  name: toolName,
  result: text('What the model is told.'),
  status: z
    .enum(['awaiting_approval', 'running', 'succeeded', 'failed', 'denied', 'cancelled'])
    .openapi({ description: 'How it ended.' }),
  error_code: z
    .string()
    .nullable()
    .openapi({ description: 'Why it failed or was denied, as a fixed name such as `NODE_OFFLINE`.' }),
  exit_code: z.int().nullable().openapi({ description: 'The exit code, where the tool ran a program.' }),
  duration_ms: z.int().openapi({ description: 'How long it ran. Waiting for an approval does not count.' }),
});

const UsageFrame = z.object({
  type: z.literal('usage'),
  usage: RunUsage,
});

const FinishFrame = z.object({
  type: z.literal('finish'),
  message_id: messageId,
  provider: text('The provider that answered.'),
  full_answer: text('The whole answer, as it is stored.'),
  usage: RunUsage,
});

const CancelledFrame = z.object({ type: z.literal('cancelled'), message_id: messageId });

const ErrorFrame = z.object({
  type: z.literal('error'),
  code: text('What went wrong, as a fixed name such as `PROVIDER_TIMEOUT`.'),
  content: text('What went wrong, in a sentence for people.'),
});

/** The `data` of one frame of a chat stream. */
export const ChatFrame = z
  .discriminatedUnion('type', [
    StatusFrame,
    StartFrame,
    ReasoningFrame,
    ContentFrame,
    ToolStartFrame,
    ToolOutputFrame,
    ToolResultFrame,
    UsageFrame,
    FinishFrame,
    CancelledFrame,
    ErrorFrame,
  ])
  .openapi('ChatFrame', {
    description:
      'The `data` of one frame of a chat stream. Exactly one `finish`, `cancelled` or `error` ends the stream.',
  });

export type ChatFrame = z.infer<typeof ChatFrame>;
