import { z } from 'zod';
import { cutText } from '../../base/cut-text.ts';
import { badParameter, unsupported } from '../errors/api-error.ts';
import { type Conversation, type ListedMessage, toConversation } from '../input/conversation.ts';
import { content, readContent } from '../input/message-text.ts';
import { modelName } from '../input/model-choice.ts';
import { checkParameters, isEmpty, oneOf, type Parameters } from '../input/parameters.ts';
import { parseBody } from '../input/read-body.ts';
import { reasoningEffort, temperature, textConfig, tokenCount } from '../input/settings.ts';

const Item = z.looseObject({
  type: z.string().nullish(),
  role: z.enum(['system', 'developer', 'user', 'assistant'], { error: 'expected a role' }).nullish(),
  content: content.nullish(),
});

export const inputItems = z.array(Item).max(5_000, 'expected fewer items');

const ResponseRequest = z.looseObject({
  model: modelName,
  input: z.union([z.string(), inputItems], { error: 'expected a text or a list of items' }),
  instructions: z.string().nullish(),
  previous_response_id: z.string().nullish(),
  conversation: z.union([z.string(), z.object({ id: z.string() })], { error: 'expected an id' }).nullish(),
  stream: z.boolean().nullish(),
  background: z.boolean().nullish(),
  store: z.boolean().nullish(),
  temperature,
  max_output_tokens: tokenCount,
  reasoning: z
    .object({
      effort: reasoningEffort,
      summary: z.string().nullish(),
      generate_summary: z.string().nullish(),
    })
    .nullish(),
  text: textConfig,
  metadata: z.record(z.string(), z.string('expected a text')).nullish(),
});

export type ResponseRequest = z.output<typeof ResponseRequest>;

const parameters: Parameters = {
  honoured: Object.keys(ResponseRequest.shape),
  harmless: [
    ...['user', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options'],
    'stream_options',
    ...['parallel_tool_calls', 'tool_choice', 'max_tool_calls'],
  ],
  neutral: {
    top_p: oneOf(1),
    top_logprobs: oneOf(0),
    tools: isEmpty,
    include: isEmpty,
    // The gateway leaves out the oldest messages where a conversation is too long.
    truncation: oneOf('auto'),
    service_tier: oneOf('auto', 'default'),
    prompt: () => false,
    context_management: isEmpty,
    moderation: () => false,
  },
};

/** @throws ApiError 400 for what is wrong, or cannot be honoured. */
export function readRequest(body: Record<string, unknown>): {
  request: ResponseRequest;
  conversation: Conversation;
} {
  checkParameters(body, parameters);
  const request = parseBody(ResponseRequest, body);
  if (request.previous_response_id != null && request.conversation != null) {
    throw badParameter('previous_response_id', "give this or 'conversation', not both.");
  }
  if (request.background && request.store === false) {
    throw badParameter(
      'background',
      "a response in the background is fetched later, so 'store' cannot be false.",
    );
  }
  const conversation = toConversation(readItems(request.input), 'input');
  const { instructions } = request;
  const system = [instructions, conversation.system].filter((text) => text).join('\n\n') || null;
  return { request, conversation: { ...conversation, system } };
}

/** @throws ApiError 400 that names the item. */
export function readItems(input: string | z.output<typeof inputItems>): ListedMessage[] {
  if (typeof input === 'string') return [{ role: 'user', text: input, files: [], param: 'input' }];
  return input.flatMap((item, index) => readItem(item, `input[${index}]`));
}

function readItem({ type, role, content: given }: z.output<typeof Item>, param: string): ListedMessage[] {
  // A client sends back what it got. The text of an answer says what its reasoning has come to.
  if (type === 'reasoning') return [];
  if (type != null && type !== 'message') {
    const problem = `The gateway takes no items of the type '${cutText(type, 50)}'. With 'previous_response_id' it knows them itself.`;
    throw unsupported(`${param}.type`, problem);
  }
  if (role == null)
    throw badParameter(`${param}.role`, 'this parameter is required.', 'missing_required_parameter');
  if (given == null)
    throw badParameter(`${param}.content`, 'this parameter is required.', 'missing_required_parameter');
  return [{ role: role === 'developer' ? 'system' : role, ...readContent(given, `${param}.content`), param }];
}
