import { z } from 'zod';
import { type ApiError, badParameter, unsupported } from '../../dialect/errors/api-error.ts';
import type { ToldCall } from '../../dialect/input/answer-parts.ts';
import {
  type Conversation,
  type ListedMessage,
  type MessageText,
  toConversation,
} from '../../dialect/input/conversation.ts';
import { modelName } from '../../dialect/input/model-choice.ts';
import { parseBody } from '../../dialect/input/read-body.ts';
import { reasoningEffort, temperature, tokenCount } from '../../dialect/input/settings.ts';
import type { ClientToolInput } from '../../gql/graphql.ts';
import { clientTools, toolChoice, toolsInput } from '../input/client-tools.ts';
import { content, readContent } from '../input/message-text.ts';
import { checkParameters, isEmpty, oneOf, type Parameters } from '../input/parameters.ts';
import { responseFormat } from '../input/text-format.ts';

const Call = z.looseObject({
  id: z.string('expected a text'),
  type: z.literal('function', { error: "expected 'function'" }).nullish(),
  function: z.looseObject({
    name: z.string('expected a text'),
    arguments: z.string('expected JSON as a text'),
  }),
});

const Message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function'], {
    error: 'expected a role',
  }),
  content: content.nullish(),
  tool_calls: z.array(Call, { error: 'expected a list of calls' }).nullish(),
  tool_call_id: z.string('expected a text').nullish(),
});

const CompletionRequest = z.looseObject({
  model: modelName,
  messages: z.array(Message, { error: 'expected a list of messages' }).min(1, 'expected a message'),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  temperature,
  max_tokens: tokenCount,
  max_completion_tokens: tokenCount,
  reasoning_effort: reasoningEffort,
  response_format: responseFormat,
  tools: clientTools,
  tool_choice: toolChoice,
  parallel_tool_calls: z.boolean().nullish(),
  metadata: z.record(z.string(), z.string('expected a text')).nullish(),
  store: z.boolean().nullish(),
});

export type CompletionRequest = z.output<typeof CompletionRequest>;

const parameters: Parameters = {
  honoured: Object.keys(CompletionRequest.shape),
  harmless: [
    ...['user', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options'],
    // A guess of the answer, which makes it come sooner and changes nothing of it.
    'prediction',
  ],
  neutral: {
    n: oneOf(1),
    top_p: oneOf(1),
    frequency_penalty: oneOf(0),
    presence_penalty: oneOf(0),
    logit_bias: isEmpty,
    logprobs: oneOf(false),
    top_logprobs: oneOf(0),
    stop: isEmpty,
    seed: () => false,
    modalities: (value) => JSON.stringify(value) === '["text"]',
    audio: () => false,
    service_tier: oneOf('auto', 'default'),
    verbosity: oneOf('medium'),
    functions: isEmpty,
    function_call: oneOf('auto', 'none'),
    web_search_options: () => false,
    moderation: () => false,
  },
};

/** @throws ApiError 400 for what is wrong, or cannot be honoured. */
export function readRequest(body: Record<string, unknown>): {
  request: CompletionRequest;
  conversation: Conversation;
  /** Those that the client runs; null: none. */
  tools: ClientToolInput[] | null;
} {
  checkParameters(body, parameters);
  const request = parseBody(CompletionRequest, body);
  if (request.max_tokens != null && request.max_completion_tokens != null) {
    throw badParameter('max_tokens', "give this or 'max_completion_tokens', not both.");
  }
  const messages = request.messages.map((message, index) => readMessage(message, `messages[${index}]`));
  return { request, conversation: toConversation(messages, 'messages'), tools: toolsInput(request) };
}

function readMessage(message: z.output<typeof Message>, param: string): ListedMessage {
  const { role, content: given, tool_calls: calls, tool_call_id: callId } = message;
  if (role === 'function') throw unsupported(`${param}.role`, "Expected 'tool' for the result of a tool.");
  for (const name of ['name', 'audio', 'function_call', ...(role === 'assistant' ? [] : ['tool_calls'])]) {
    if (message[name] == null || isEmpty(message[name])) continue;
    if (role === 'tool' && name === 'name') continue;
    throw unsupported(`${param}.${name}`, 'The gateway cannot honour it.');
  }
  if (given == null && !calls?.length) throw missing(`${param}.content`);
  const said: MessageText = given == null ? { text: '', files: [] } : readContent(given, `${param}.content`);
  if (role === 'tool') return readResult(callId, said, param);
  const told = calls?.map((call, index) => readCall(call, `${param}.tool_calls[${index}]`));
  return { role: role === 'developer' ? 'system' : role, ...said, ...(told && { calls: told }), param };
}

function readResult(
  callId: string | null | undefined,
  { text, files }: MessageText,
  param: string,
): ListedMessage {
  if (callId == null) throw missing(`${param}.tool_call_id`);
  if (files.length > 0) throw unsupported(`${param}.content`, 'The gateway takes texts as results of tools.');
  return { role: 'tool', callId, text, param, idParam: `${param}.tool_call_id` };
}

function readCall(
  { id, function: { name, arguments: args } }: z.output<typeof Call>,
  param: string,
): ToldCall {
  return { id, name, args, param };
}

function missing(param: string): ApiError {
  return badParameter(param, 'this parameter is required.', 'missing_required_parameter');
}
