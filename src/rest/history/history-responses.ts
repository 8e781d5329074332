import { z } from '@hono/zod-openapi';
import type { GetTokensQuery, MessageFieldsFragment, SearchSessionMessagesQuery } from '../../gql/graphql.ts';
import { Attachment, attachmentJson } from '../attachments/attachment-response.ts';
import { lowerCase, lowerCaseOrNull } from '../route/enum-case.ts';
import {
  cancelCause,
  dateTime,
  emptyReason,
  finishReason,
  reasoningOffset,
  resultMessage,
  sessionId,
  textOffset,
  toolCallStates,
} from '../route/response-fields.ts';

type SessionTokens = NonNullable<GetTokensQuery['session']>['tokenUsage'];

const count = (description: string) => z.int().openapi({ description, example: 120 });

const ToolCall = z
  .object({
    call_id: z.string().openapi({ description: 'The id of the tool call, unique within the message.' }),
    name: z.string().openapi({ description: 'The name of the tool.' }),
    args: z.unknown().openapi({
      description:
        'The arguments that the model passed to the tool: a JSON value, or a string if the model wrote invalid JSON.',
    }),
    changed_args: z.unknown().optional().openapi({
      description:
        'Only if a user changed the arguments when approving the tool call: the arguments with which it ran in place of `args`.',
    }),
    status: z.enum(toolCallStates).openapi({
      description:
        'The state of the tool call. `awaiting_approval`: it waits until somebody approves or denies it. `awaiting_client`: it waits for a client that runs it, or for the answer of the user. `running`: it has not ended. `succeeded`: the tool did its work. `failed`: it did not; `error_code` and `result` say why. `denied`: it was not allowed to run. `cancelled`: the run ended before the tool call.',
    }),
    node_id: z.string().nullable().openapi({
      description:
        'The id of the node that runs the tool. Null: the tool needs no node, or no attached node offers it.',
    }),
    result: z
      .string()
      .nullable()
      .openapi({ description: 'The result, as the model receives it. Null: the tool call has not ended.' }),
    error_code: z.string().nullable().openapi({
      description: 'Why the tool call failed or was denied, as a fixed name. Null: it did neither.',
      example: 'NODE_OFFLINE',
    }),
    exit_code: z.int().nullable().openapi({
      description:
        'The exit code of the program that the tool ran. Null: the tool ran no program, or the program has not ended.',
    }),
    stopped: z.boolean().nullable().openapi({
      description:
        'Only for a cancelled tool call. True: the node confirmed that nothing of the call still runs. False: the node did not confirm this in time.',
    }),
    duration_ms: z.int().nullable().openapi({
      description:
        'How long the tool ran, in milliseconds, without the time in which it waited for an approval. Null: it has not ended.',
    }),
    text_offset: textOffset,
    reasoning_offset: reasoningOffset,
  })
  .openapi('ToolCall', { description: 'A tool call that the model made while it wrote a message.' });

export const Message = z
  .object({
    id: z.int().openapi({ description: 'The id of the message.', example: 2 }),
    session_id: sessionId,
    parent_id: z.int().nullable().openapi({
      description:
        'The `id` of the message before this one: for an answer its prompt, for a prompt the answer before it. Null: it is the first message of the conversation.',
      example: 1,
    }),
    steered_into: z.int().nullable().openapi({
      description:
        'For a prompt that joined an answer while the model was writing it (`on_busy: "steer"`): the `id` of that answer, which comes before the prompt. Such a prompt has no answer of its own. Null: it did not.',
      example: null,
    }),
    sender: z
      .enum(['user', 'assistant'])
      .openapi({ description: 'The author of the message: the user, or the model (`assistant`).' }),
    content: z.string().openapi({
      description: 'The text of the message. While the model writes, the part that has been stored so far.',
    }),
    reasoning_content: z.string().nullable().openapi({
      description:
        'The reasoning that the model wrote before its answer. Null: the provider reports no reasoning.',
    }),
    tool_calls: z
      .array(ToolCall)
      .openapi({ description: 'The tool calls of this message, in the order in which the model made them.' }),
    status: z.enum(['streaming', 'complete', 'cancelled', 'failed', 'interrupted']).openapi({
      description:
        'How complete the message is. `streaming`: the model writes it, or the prompt waits. `complete`: all of it is there. `cancelled`: of an answer, the run was cancelled; of a prompt (`sender` is `user`), it was withdrawn while it waited in the queue, and no model is ever shown it. `failed`: the run failed. `interrupted`: the gateway stopped while the model was writing. An incomplete message keeps the text that was written.',
    }),
    finish_reason: finishReason,
    empty_reason: emptyReason,
    cancel_cause: cancelCause,
    error: z
      .object({
        code: z.string().openapi({
          description: 'Why the run failed, as a fixed name.',
          example: 'PROVIDER_TIMEOUT',
        }),
        content: z.string().openapi({ description: 'A sentence for people that says what went wrong.' }),
      })
      .nullable()
      .openapi({ description: 'Why this answer failed. Null: it did not fail, or the message is a prompt.' }),
    token_count: z
      .int()
      .nullable()
      .openapi({ description: 'The number of tokens in the text. Null: the message is not finished.' }),
    audio_url: z.string().nullable().openapi({
      description:
        'The path on this gateway that returns the recording of the message. Null: it has no recording.',
    }),
    attachments: z
      .array(Attachment)
      .openapi({ description: 'The files that were sent with the prompt, in their order.' }),
    created_at: dateTime('When the message was created.'),
  })
  .openapi('Message', { description: 'A message of a session.' });

export const Messages = z
  .object({
    session_id: sessionId,
    messages: z.array(Message).openapi({ description: 'The messages of the conversation, oldest first.' }),
  })
  .openapi('Messages', { description: 'All messages of a session.' });

export const FoundMessages = z
  .object({
    session_id: sessionId,
    hits: z
      .array(
        z
          .object({
            message: Message,
            snippet: z.string().openapi({
              description:
                'The part of the message that has the words, as HTML: each found word is in `<mark>`, there is no other markup, and `&`, `<`, `>`, `"` and `\'` of the message are escaped.',
              example: 'The <mark>train</mark> to <mark>Lisbon</mark> leaves at nine.',
            }),
          })
          .openapi('FoundMessage', { description: 'A message that a search has found.' }),
      )
      .openapi({ description: 'The messages that were found, the best of the newest first.' }),
    next: z.string().nullable().openapi({
      description: 'Send it as `after` to get the messages behind these. Null: there are no more.',
      example: null,
    }),
  })
  .openapi('FoundMessages', { description: 'A page of the messages that a search has found.' });

export const Tokens = z
  .object({
    token_count: count(
      'The number of tokens that the messages of the session occupy in the model’s context.',
    ),
    token_limit: z.int().nullable().openapi({
      description:
        'The number of tokens that fit into the model’s context. Null: the gateway does not know the limit of this model.',
      example: 131072,
    }),
    percentage: z.number().nullable().openapi({
      description:
        '`token_count` as a percentage of `token_limit`, with two decimals. Null: the limit is not known.',
      example: 0.4,
    }),
    input_tokens: count('The number of tokens that models have received since the session was created.'),
    output_tokens: count(
      'The number of tokens that models have written since the session was created, including reasoning.',
    ),
    reasoning_tokens: count('The part of `output_tokens` that was reasoning.'),
    total_tokens: count('The sum of `input_tokens` and `output_tokens`.'),
  })
  .openapi('Tokens', {
    description: 'The tokens in the model’s context, and the tokens that the session has used.',
  });

export const ClearedHistory = z
  .object({
    message: resultMessage,
    cancelled: z.boolean().openapi({ description: 'Whether a run in progress was cancelled first.' }),
    session_id: sessionId,
  })
  .openapi('ClearedHistory', {
    description: 'The messages were deleted. The session and its settings remain.',
  });

export function messageJson(sessionId: number, message: MessageFieldsFragment): z.infer<typeof Message> {
  return {
    id: message.databaseId,
    session_id: sessionId,
    parent_id: message.parent?.databaseId ?? null,
    steered_into: message.steeredInto?.databaseId ?? null,
    sender: lowerCase(message.role),
    content: message.content,
    reasoning_content: message.reasoning ?? null,
    tool_calls: message.toolCalls.map(toolCallJson),
    status: lowerCase(message.status),
    finish_reason: lowerCaseOrNull(message.finishReason),
    empty_reason: lowerCaseOrNull(message.emptyReason),
    cancel_cause: lowerCaseOrNull(message.cancelCause),
    error: message.error ? { code: message.error.code, content: message.error.message } : null,
    token_count: message.tokenCount ?? null,
    audio_url: message.audio?.url ?? null,
    attachments: message.attachments.map(attachmentJson),
    created_at: message.createdAt,
  };
}

function toolCallJson(call: MessageFieldsFragment['toolCalls'][number]): z.infer<typeof ToolCall> {
  return {
    call_id: call.callId,
    name: call.name,
    args: call.args ?? null,
    ...(call.changedArgs != null && { changed_args: call.changedArgs }),
    status: lowerCase(call.status),
    node_id: call.nodeId ?? null,
    result: call.result ?? null,
    error_code: call.errorCode ?? null,
    exit_code: call.exitCode ?? null,
    stopped: call.stopped ?? null,
    duration_ms: call.durationMs ?? null,
    text_offset: call.textOffset,
    reasoning_offset: call.reasoningOffset,
  };
}

export function foundMessagesJson(
  { databaseId }: NonNullable<SearchSessionMessagesQuery['session']>,
  { edges, pageInfo }: SearchSessionMessagesQuery['searchMessages'],
): z.infer<typeof FoundMessages> {
  return {
    session_id: databaseId,
    hits: edges.map(({ node, snippet }) => ({ message: messageJson(databaseId, node), snippet })),
    next: pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null,
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
