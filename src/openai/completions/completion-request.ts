import { z } from 'zod';
import { type ApiError, badParameter, unsupported } from '../errors/api-error.ts';
import { type Conversation, type ListedMessage, toConversation } from '../input/conversation.ts';
import { content, type MessageText, readContent } from '../input/message-text.ts';
import { modelName } from '../input/model-choice.ts';
import { checkParameters, isEmpty, oneOf, type Parameters } from '../input/parameters.ts';
import { parseBody } from '../input/read-body.ts';
import { reasoningEffort, responseFormat, temperature, tokenCount } from '../input/settings.ts';

const Message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function'], {
    error: 'expected a role',
  }),
  content: content.nullish(),
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
    // They say how a model calls tools, and there are none without `tools`.
    ...['parallel_tool_calls', 'tool_choice'],
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
    tools: isEmpty,
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
} {
  checkParameters(body, parameters);
  const request = parseBody(CompletionRequest, body);
  if (request.max_tokens != null && request.max_completion_tokens != null) {
    throw badParameter('max_tokens', "give this or 'max_completion_tokens', not both.");
  }
  const messages = request.messages.map((message, index) => readMessage(message, `messages[${index}]`));
  return { request, conversation: toConversation(messages, 'messages') };
}

function readMessage(message: z.output<typeof Message>, param: string): ListedMessage {
  const { role, content: given } = message;
  if (role === 'tool' || role === 'function') {
    throw unsupported(`${param}.role`, 'The gateway takes no results of tools here.');
  }
  for (const name of ['name', 'audio', 'tool_calls', 'function_call']) {
    if (message[name] == null || isEmpty(message[name])) continue;
    throw unsupported(`${param}.${name}`, 'The gateway cannot honour it.');
  }
  if (given == null) throw missing(`${param}.content`);
  const text: MessageText = readContent(given, `${param}.content`);
  return { role: role === 'developer' ? 'system' : role, ...text, param };
}

function missing(param: string): ApiError {
  return badParameter(param, 'this parameter is required.', 'missing_required_parameter');
}
