import { z } from '@hono/zod-openapi';

export const sessionId = z.int().openapi({ description: 'The id of the session.', example: 1 });

export const resultMessage = z
  .string()
  .openapi({ description: 'A sentence for people that says what was done.' });

export const dateTime = (description: string) =>
  z.string().openapi({ description, format: 'date-time', example: '2026-01-31T12:00:00.000Z' });

export const finishReason = z
  .enum(['stop', 'length', 'content_filter', 'other', 'error'])
  .nullable()
  .openapi({
    description:
      'Why the model stopped writing. `stop`: the answer is complete. `length`: it breaks off because it reached the greatest length that the model may write. `content_filter`: the provider withheld the rest. `other`: the provider gave another reason, or no reason. `error`: the run failed. Null: the message is a prompt, or is still being written, or the run was cancelled.',
  });

export const cancelCause = z.enum(['user', 'superseded', 'shutdown', 'deleted']).nullable().openapi({
  description:
    'Why the run was cancelled. `user`: a client cancelled it. `superseded`: a newer prompt of the session interrupted it. `shutdown`: the gateway was shut down. `deleted`: the session or its messages were deleted. Null: the run was not cancelled, or an earlier version of the gateway cancelled it.',
});

export const emptyReason = z
  .enum([
    'content_filter',
    'reasoning_too_long',
    'length',
    'tool_calls_only',
    'reasoning_only',
    'nothing',
    'cancelled',
    'failed',
  ])
  .nullable()
  .openapi({
    description:
      'Why an answer has no text. `content_filter`: the provider’s filter withheld it. `reasoning_too_long`: the model spent all tokens that it may write on its reasoning. `length`: the length limit was reached before the first word. `tool_calls_only`: the model called tools and then stopped. `reasoning_only`: it wrote reasoning and then stopped. `nothing`: it stopped without having written anything. `cancelled`: the run was cancelled before the first word. `failed`: the run failed before the first word. Null: the message has text, is a prompt, or is still being written.',
  });

export const textOffset = z.int().openapi({
  description:
    'Where the tool call stands in the answer: how many UTF-16 code units of the text were written before it.',
  example: 0,
});

export const reasoningOffset = z.int().openapi({
  description:
    'Where the tool call stands in the reasoning: how many UTF-16 code units of it were written before.',
  example: 0,
});

/** The states of a tool call. */
export const toolCallStates = [
  'awaiting_approval',
  'awaiting_client',
  'running',
  'succeeded',
  'failed',
  'denied',
  'cancelled',
] as const;
