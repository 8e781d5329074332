import { z } from 'zod';
import { cutText } from '../../base/cut-text.ts';
import { badParameter, unsupported } from '../../dialect/errors/api-error.ts';
import {
  type Conversation,
  type ListedMessage,
  type ToolMessage,
  toConversation,
} from '../../dialect/input/conversation.ts';
import { modelName } from '../../dialect/input/model-choice.ts';
import { parseBody } from '../../dialect/input/read-body.ts';
import { reasoningEffort, temperature, tokenCount } from '../../dialect/input/settings.ts';
import type { ClientToolInput } from '../../gql/graphql.ts';
import { clientTools, toolChoice, toolsInput } from '../input/client-tools.ts';
import { content, readContent } from '../input/message-text.ts';
import { checkParameters, isEmpty, oneOf, type Parameters } from '../input/parameters.ts';
import { textConfig } from '../input/text-format.ts';

const Item = z.looseObject({
  type: z.string().nullish(),
  role: z.enum(['system', 'developer', 'user', 'assistant'], { error: 'expected a role' }).nullish(),
  content: content.nullish(),
  call_id: z.string('expected a text').nullish(),
  name: z.string('expected a text').nullish(),
  arguments: z.string('expected JSON as a text').nullish(),
  output: content.nullish(),
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
  tools: clientTools,
  tool_choice: toolChoice,
  parallel_tool_calls: z.boolean().nullish(),
  metadata: z.record(z.string(), z.string('expected a text')).nullish(),
});

export type ResponseRequest = z.output<typeof ResponseRequest>;

/** What a request asks: a prompt in its conversation, or only the results of tools. */
export type AskedInput = Conversation | ToolMessage[];

const parameters: Parameters = {
  honoured: Object.keys(ResponseRequest.shape),
  harmless: [
    ...['user', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options'],
    'stream_options',
    // It limits the tools of OpenAI.
    'max_tool_calls',
  ],
  neutral: {
    top_p: oneOf(1),
    top_logprobs: oneOf(0),
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
  asked: AskedInput;
  /** Those that the client runs; null: none. */
  tools: ClientToolInput[] | null;
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
  const asked = readAsked(request);
  const tools = toolsInput(request);
  const { instructions } = request;
  if (Array.isArray(asked)) return { request, asked, tools };
  const system = [instructions, asked.system].filter((text) => text).join('\n\n') || null;
  return { request, asked: { ...asked, system }, tools };
}

/** The results of the client's tools, for the response before this one; or else a conversation. */
function readAsked({ input, previous_response_id: previous, conversation }: ResponseRequest): AskedInput {
  const messages = readItems(input, 'input');
  const results = messages.filter((message) => message.role === 'tool');
  if (results.length === 0 || (previous == null && conversation == null)) {
    return toConversation(messages, 'input');
  }
  if (results.length === messages.length) return results;
  const problem = 'expected nothing but results of tools. Send messages when they have been answered.';
  throw badParameter('input', problem);
}

/**
 * @param param The list: `input`.
 * @throws ApiError 400 that names the item.
 */
export function readItems(input: string | z.output<typeof inputItems>, param: string): ListedMessage[] {
  if (typeof input === 'string') return [{ role: 'user', text: input, files: [], param }];
  return input.flatMap((item, index) => readItem(item, `${param}[${index}]`));
}

function readItem(item: z.output<typeof Item>, param: string): ListedMessage[] {
  const { type, role, content: given } = item;
  // A client sends back what it got. The text of an answer says what its reasoning has come to.
  if (type === 'reasoning') return [];
  if (type === 'function_call') return [readCall(item, param)];
  if (type === 'function_call_output') return [readOutput(item, param)];
  if (type != null && type !== 'message') {
    const problem = `The gateway takes no items of the type '${cutText(type, 50)}'. With 'previous_response_id' it knows them itself.`;
    throw unsupported(`${param}.type`, problem);
  }
  const who = required(role, `${param}.role`);
  const said = readContent(required(given, `${param}.content`), `${param}.content`);
  return [{ role: who === 'developer' ? 'system' : who, ...said, param }];
}

function readCall(item: z.output<typeof Item>, param: string): ListedMessage {
  const [id, name, args] = (['call_id', 'name', 'arguments'] as const).map((field) =>
    required(item[field], `${param}.${field}`),
  ) as [string, string, string];
  return { role: 'assistant', text: '', files: [], calls: [{ id, name, args, param }], param };
}

function readOutput({ call_id: callId, output }: z.output<typeof Item>, param: string): ListedMessage {
  const id = required(callId, `${param}.call_id`);
  const { text, files } = readContent(required(output, `${param}.output`), `${param}.output`);
  if (files.length > 0) throw unsupported(`${param}.output`, 'The gateway takes texts as results of tools.');
  return { role: 'tool', callId: id, text, param, idParam: `${param}.call_id` };
}

function required<T>(value: T | null | undefined, param: string): T {
  if (value != null) return value;
  throw badParameter(param, 'this parameter is required.', 'missing_required_parameter');
}
