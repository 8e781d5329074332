import { z } from '@hono/zod-openapi';
import type { GetMessagesQuery, GetTokensQuery } from '../../gql/graphql.ts';
import { lowerCase } from '../route/enum-case.ts';
import { dateTime, resultMessage, sessionId } from '../route/response-fields.ts';

type SessionMessage = NonNullable<GetMessagesQuery['session']>['messages']['edges'][number]['node'];
type SessionTokens = NonNullable<GetTokensQuery['session']>['tokenUsage'];

const count = (description: string) => z.int().openapi({ description, example: 120 });

const ToolCall = z
  .object({
    call_id: z.string().openapi({ description: 'The call’s id, unique within the message.' }),
    name: z.string().openapi({ description: 'The tool that was called.' }),
    args: z.unknown().openapi({ description: 'The arguments the model gave, as JSON.' }),
    status: z
      .enum(['awaiting_approval', 'running', 'succeeded', 'failed', 'denied', 'cancelled'])
      .openapi({ description: 'How far the call has come.' }),
    node_id: z.string().nullable().openapi({ description: 'The node it is for. Null: it needs none.' }),
    result: z.string().nullable().openapi({ description: 'What the model was told. Null: not finished.' }),
    error_code: z
      .string()
      .nullable()
      .openapi({ description: 'Why it failed or was denied, as a fixed name.', example: 'NODE_OFFLINE' }),
    exit_code: z
      .int()
      .nullable()
      .openapi({ description: 'The exit code, where the tool ran a program that has ended.' }),
    stopped: z.boolean().nullable().openapi({
      description: 'Of a cancelled call: whether nothing of it runs any more, for certain.',
    }),
    duration_ms: z.int().nullable().openapi({ description: 'How long it took. Null: not finished.' }),
  })
  .openapi('ToolCall', { description: 'A tool that the model called while it answered.' });

export const Message = z
  .object({
    id: z.int().openapi({ description: 'The message’s id.', example: 2 }),
    session_id: sessionId,
    sender: z.enum(['user', 'assistant']).openapi({ description: 'Who wrote it.' }),
    content: z
      .string()
      .openapi({ description: 'Its text; of an answer in progress, what was stored so far.' }),
    reasoning_content: z
      .string()
      .nullable()
      .openapi({ description: 'What the model thought before it answered, where the provider shows it.' }),
    tool_calls: z
      .array(ToolCall)
      .openapi({ description: 'The tools called while it was written, in order.' }),
    status: z.enum(['streaming', 'complete', 'cancelled', 'failed', 'interrupted']).openapi({
      description:
        '`streaming` while it is being written, `complete` once it is; otherwise why it stopped early. `interrupted`: the gateway stopped.',
    }),
    token_count: z
      .int()
      .nullable()
      .openapi({ description: 'Tokens of its text. Null until it is finished.' }),
    audio_url: z.string().nullable().openapi({ description: 'Where its audio is. Null: it has none.' }),
    created_at: dateTime('When it was created.'),
  })
  .openapi('Message', { description: 'One message of a session.' });

export const Messages = z
  .object({
    session_id: sessionId,
    messages: z.array(Message).openapi({ description: 'All messages of the session, oldest first.' }),
  })
  .openapi('Messages', { description: 'The history of a session.' });

export const Tokens = z
  .object({
    token_count: count('Tokens that the conversation takes up in the model’s context.'),
    token_limit: z.int().nullable().openapi({
      description: 'Tokens that fit into the model’s context. Null: not known of this model.',
      example: 32768,
    }),
    percentage: z.number().nullable().openapi({
      description: 'How full the context is, from 0 to 100. Null: the limit is not known.',
      example: 0.4,
    }),
    input_tokens: count('Tokens sent to models over the session’s whole life.'),
    output_tokens: count('Tokens that models wrote, reasoning included.'),
    reasoning_tokens: count('The part of the output that was reasoning.'),
    total_tokens: count('Input and output together.'),
  })
  .openapi('Tokens', { description: 'What a session has used.' });

export const ClearedHistory = z
  .object({ message: resultMessage, session_id: sessionId })
  .openapi('ClearedHistory', { description: 'The messages are gone; the session and its settings remain.' });

export function messageJson(sessionId: number, message: SessionMessage): z.infer<typeof Message> {
  return {
    id: message.databaseId,
    session_id: sessionId,
    sender: lowerCase(message.role),
    content: message.content,
    reasoning_content: message.reasoning ?? null,
    tool_calls: message.toolCalls.map(toolCallJson),
    status: lowerCase(message.status),
    token_count: message.tokenCount ?? null,
    audio_url: message.audio?.url ?? null,
    created_at: message.createdAt,
  };
}

function toolCallJson(call: SessionMessage['toolCalls'][number]): z.infer<typeof ToolCall> {
  return {
    call_id: call.callId,
    name: call.name,
    args: call.args ?? null,
    status: lowerCase(call.status),
    node_id: call.nodeId ?? null,
    result: call.result ?? null,
    error_code: call.errorCode ?? null,
    exit_code: call.exitCode ?? null,
    stopped: call.stopped ?? null,
    duration_ms: call.durationMs ?? null,
  };
}

export function tokensJson(usage: SessionTokens): z.infer<typeof Tokens> {
  return {
    token_count: usage.contextTokens,
    token_limit: usage.contextLimit ?? null,
    percentage: usage.percentage ?? null,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
    total_tokens: usage.totalTokens,
  };
}
