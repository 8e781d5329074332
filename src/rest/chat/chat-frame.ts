import { z } from '@hono/zod-openapi';
import {
  cancelCause,
  emptyReason,
  finishReason,
  reasoningOffset,
  textOffset,
  toolCallStates,
} from '../route/response-fields.ts';

const text = (description: string) => z.string().openapi({ description });
const callId = text('The id of the tool call, unique within the message.');
const toolName = text('The name of the tool.');
const messageId = z.int().nullable().openapi({
  description:
    'The id of the assistant message that holds the answer. Null: the message was deleted in the meantime.',
});

const RunUsage = z
  .object({
    provider_name: text('The provider of the model.'),
    model_name: text('The name of the model.'),
    input_tokens: z.int().openapi({ description: 'The number of tokens that the model received.' }),
    output_tokens: z
      .int()
      .openapi({ description: 'The number of tokens that the model wrote, including reasoning.' }),
    reasoning_tokens: z.int().openapi({ description: 'The part of `output_tokens` that was reasoning.' }),
    cached_input_tokens: z
      .int()
      .openapi({ description: 'The part of `input_tokens` that the provider read from its cache.' }),
    cache_write_input_tokens: z.int().openapi({
      description: 'The part of `input_tokens` that the provider wrote to its cache for later requests.',
    }),
    total_tokens: z.int().openapi({ description: 'The sum of `input_tokens` and `output_tokens`.' }),
    measured: z.boolean().openapi({
      description: 'True: the provider reported every number. False: the gateway estimated some of them.',
    }),
  })
  .openapi('RunUsage', {
    description:
      'The tokens that were used: `usage` is the run so far, `step` the newest request to the model alone.',
  });

const StatusFrame = z.object({
  type: z.literal('status'),
  status: z
    .enum([
      'queued',
      'running',
      'resumed',
      'awaiting_approval',
      'steered',
      'context_trimmed',
      'context_compacting',
      'context_compacted',
      'retrying',
      'paused',
      'history_gap',
    ])
    .openapi({
      description:
        '`queued`: the prompt waits until the earlier runs of the session have ended. `running` without `call_id`: the gateway asks the model. `awaiting_approval`: a tool call waits until somebody approves or denies it. `running` with `call_id`: it was decided whether that tool call may run. `resumed`: a gateway goes on with the run after a restart; `content` and `reasoning` are what was written so far, so discard everything else, and the tool calls so far are told again. `steered`: a prompt has joined the answer (`on_busy: "steer"`), and the model is told it with its next request. The frames that follow are those of the answer that it joined, whose `run_id` may be another one than that of the frames before. `context_trimmed`: the oldest messages did not fit into the model’s context and were left out, or results of tools were shortened. `context_compacting`: they do not fit, and the model is asked to sum them up before it answers. `context_compacted`: the model is told `summary` in their place. `retrying`: the model provider refused or failed, and the gateway asks it again at `retry_at`. `paused`: a budget is used up, so the run waits before its next request to the model, until the next period of the budget begins (`until`) or an admin raises it; `running` follows. `history_gap`: some frames have expired; discard the text received so far, because `full_answer` of the `finish` frame holds the whole answer. If the stream ends with another frame, read the text from the history.',
    }),
  omitted_messages: z.int().optional().openapi({
    description:
      'Only with `context_trimmed`, `context_compacting` and `context_compacted`: the number of messages that the model is not told.',
  }),
  summary: text(
    'Only with `context_compacted`: what the model is told in place of these messages.',
  ).optional(),
  shortened_results: z.int().optional().openapi({
    description:
      'Only with `context_trimmed`: how many results of tools of this answer the model is told shortened.',
  }),
  message_id: z.int().nullable().optional().openapi({
    description: 'Only with `steered`: the id of the user message. Null: it was deleted in the meantime.',
  }),
  call_id: callId.optional().openapi({
    description: 'Only with `awaiting_approval` and the `running` that follows it: the id of the tool call.',
  }),
  decision: z.enum(['approved', 'denied', 'expired']).optional().openapi({
    description:
      'Only with `running` that has a `call_id`: whether the tool call may run. `expired`: nobody decided in time, so it may not.',
  }),
  decided_by: z.string().nullable().optional().openapi({
    description:
      'Only with `decision`: the id of the user who decided, or who gave the grant that decided. Null: nobody did in time.',
  }),
  by_grant: z.boolean().optional().openapi({
    description:
      'Only with `decision`, and only if true: an approval that was remembered decided, so that nobody had to be asked.',
  }),
  changed_args: z.unknown().optional().openapi({
    description:
      'Only with `decision`, and only if a user changed them: the arguments with which the tool call runs.',
  }),
  attempt: z
    .int()
    .optional()
    .openapi({ description: 'Only with `retrying`: 1 for the first repetition of a request.' }),
  code: text('Only with `retrying`: why the request failed, as a fixed name.').optional(),
  content: text(
    'With `retrying`: why the request failed, as a sentence for people. With `paused`: why the run waits, likewise. With `resumed`: the text of the answer so far. With `steered`: the text of the prompt.',
  ).optional(),
  reasoning: text('Only with `resumed`: the reasoning so far.').optional(),
  text_offset: z.int().optional().openapi({
    description:
      'With `resumed`: the length of `content` in UTF-16 code units. With `steered`: how much of the answer was written before the prompt.',
  }),
  reasoning_offset: z.int().optional().openapi({ description: 'The same for the reasoning.' }),
  retry_at: text('Only with `retrying`: when the gateway asks again (RFC 3339).').optional(),
  limit: text('Only with `paused`: the setting of the budget that is used up.').optional(),
  until: text('Only with `paused`: when the next period of the budget begins (RFC 3339).').optional(),
  from_seq: z.int().optional().openapi({
    description:
      'Only with `history_gap`: the first missing number. Frames are numbered by the second part of their id.',
  }),
  to_seq: z.int().optional().openapi({ description: 'Only with `history_gap`: the last missing number.' }),
});

const StartFrame = z.object({
  type: z.literal('start'),
  run_id: z
    .int()
    .openapi({ description: 'The id of the run. It is also the first part of the id of every frame.' }),
  message_id: z.int().openapi({ description: 'The id of the assistant message that the model writes.' }),
  user_message_id: z.int().nullable().openapi({
    description:
      'The id of the user message that holds the prompt. Null: the message was deleted in the meantime.',
  }),
});

const ReasoningFrame = z.object({
  type: z.literal('reasoning'),
  content: text('The next piece of the model’s reasoning. Append it to the pieces before.'),
});

const ContentFrame = z.object({
  type: z.literal('content'),
  content: text('The next piece of the answer. Append it to the pieces before.'),
});

const ToolStartFrame = z.object({
  type: z.literal('tool_start'),
  call_id: callId,
  name: toolName,
  args: z.unknown().openapi({
    description:
      'The arguments that the model passed to the tool: a JSON value, or a string if the model wrote invalid JSON.',
  }),
  node_id: z.string().nullable().openapi({
    description:
      'The id of the node that runs the tool. Null: the tool needs no node, or no attached node offers it.',
  }),
  text_offset: textOffset,
  reasoning_offset: reasoningOffset,
});

const ClientToolFrame = z.object({
  type: z.literal('client_tool'),
  call_id: callId,
  name: text('The name of the tool; `ask_user` for a question to the user.'),
  args: z.unknown().openapi({
    description:
      'The arguments that the model passed to the tool. Those of `ask_user` are `question`, a text, and `schema`, the JSON Schema of the answer; without `schema` the answer is a text.',
  }),
  expires_at: text('When the tool call will fail if no client has answered (RFC 3339).'),
});

const ToolOutputFrame = z.object({
  type: z.literal('tool_output'),
  call_id: callId,
  content: text('The next piece of the output that the tool prints.'),
});

const ToolResultFrame = z.object({
  type: z.literal('tool_result'),
  call_id: callId,
  name: toolName,
  result: text('The result, as the model receives it.'),
  status: z
    .enum(toolCallStates)
    .openapi({ description: 'How the tool call ended: `succeeded`, `failed`, `denied` or `cancelled`.' }),
  error_code: z.string().nullable().openapi({
    description:
      'Why the tool call failed or was denied, as a fixed name such as `NODE_OFFLINE`. Null: it did neither.',
  }),
  exit_code: z.int().nullable().openapi({
    description: 'The exit code of the program that the tool ran. Null: the tool ran no program.',
  }),
  duration_ms: z.int().openapi({
    description:
      'How long the tool ran, in milliseconds, without the time in which it waited for an approval.',
  }),
});

const UsageFrame = z.object({
  type: z.literal('usage'),
  usage: RunUsage,
  step: RunUsage,
});

const FinishFrame = z.object({
  type: z.literal('finish'),
  message_id: messageId,
  provider: text('The provider of the model that answered.'),
  full_answer: text('The whole answer, as stored in the message.'),
  finish_reason: finishReason,
  empty_reason: emptyReason,
  usage: RunUsage,
});

const CancelledFrame = z.object({
  type: z.literal('cancelled'),
  message_id: messageId,
  cause: cancelCause,
});

const ErrorFrame = z.object({
  type: z.literal('error'),
  code: text(
    'Why the run failed or the stream broke off, as a fixed name such as `PROVIDER_TIMEOUT` or `STREAM_INTERRUPTED`.',
  ),
  content: text('A sentence for people that says what went wrong.'),
  retry_at: text(
    'When the model provider takes the next request (RFC 3339). Missing if it did not say.',
  ).optional(),
});

/** The `data` of one frame of a chat stream, before it is written as JSON. */
export const ChatFrame = z
  .discriminatedUnion('type', [
    StatusFrame,
    StartFrame,
    ReasoningFrame,
    ContentFrame,
    ToolStartFrame,
    ClientToolFrame,
    ToolOutputFrame,
    ToolResultFrame,
    UsageFrame,
    FinishFrame,
    CancelledFrame,
    ErrorFrame,
  ])
  .openapi('ChatFrame', {
    description:
      'The `data` of one frame of a chat stream. `type` says what the frame reports. Exactly one `finish`, `cancelled` or `error` frame ends the stream.',
  });

export type ChatFrame = z.infer<typeof ChatFrame>;
