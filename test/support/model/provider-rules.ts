import type { ModelRequest } from './model-server.ts';
import { unfinished } from './openai-responses.ts';

// What providers ask of a request, by their documentation and by the errors of their servers. A rule of one server is
// asked of all that speak its format, because an OpenAI-compatible address may lead to any of them.

type Json = Record<string, unknown>;

/** The rules that a request breaks, each as a sentence. */
export function brokenRules(request: ModelRequest): string[] {
  const rules = {
    openai: openaiRules,
    'openai-responses': responsesRules,
    anthropic: anthropicRules,
    google: googleRules,
  }[request.format];
  return [...rules(request.body), ...textRules(request.body)];
}

/** JSON is sent as UTF-8, which has no half characters: Anthropic and vLLM answer 400 to a lone `\ud83d`. */
function textRules(body: Json): string[] {
  return textsIn(body).some((text) => /[\p{Surrogate}\0]/u.test(text))
    ? ['It has half a character or NUL.']
    : [];
}

/**
 * OpenAI: https://platform.openai.com/docs/api-reference/chat/create
 * Mistral: https://docs.mistral.ai/api/ ("Expected last role User or Tool", "Unexpected role 'user' after role 'tool'")
 * Chat templates of vLLM and llama.cpp: "Conversation roles must alternate user/assistant/user/assistant/..."
 */
function openaiRules(body: Json): string[] {
  const messages = list(body['messages']);
  const model = String(body['model']);
  const ids = callIdsIn(messages);
  const called = messages
    .flatMap((message) => list(message['tool_calls']))
    .map((call) => json(call['function']));
  return [
    // Each role may follow only these. A system message stands only at the start.
    ...broken(messages, (message, before) => {
      const allowed: Record<string, unknown[]> = {
        system: [undefined],
        user: [undefined, 'system', 'assistant'],
        assistant: ['user', 'tool'],
        tool: ['assistant', 'tool'],
      };
      const role = String(message['role']);
      return !allowed[role]?.includes(before?.['role']) && `${role} follows ${before?.['role']}`;
    }),
    !['user', 'tool'].includes(String(messages.at(-1)?.['role'])) &&
      'The last role is neither user nor tool.',
    // OpenAI: "content: Required unless tool_calls is specified". Mistral: "Assistant message must have either content
    // or tool_calls". Anthropic behind an OpenAI-compatible address: no blank text.
    ...broken(messages, (message) => {
      const content = message['content'];
      if (content === null) return message['tool_calls'] === undefined && 'has neither content nor calls';
      return (typeof content !== 'string' || blank(content)) && 'has blank content';
    }),
    // OpenAI: "An assistant message with 'tool_calls' must be followed by tool messages responding to each
    // 'tool_call_id'", and the other way round.
    ...broken(messages, (message, _, index) => {
      if (message['role'] !== 'assistant') return false;
      const after = messages.slice(index + 1);
      const end = after.findIndex(({ role }) => role !== 'tool');
      const answered = after.slice(0, end === -1 ? undefined : end).map((result) => result['tool_call_id']);
      return (
        !same(
          answered,
          list(message['tool_calls']).map(({ id }) => id),
        ) && 'is not answered call by call'
      );
    }),
    ids.length !== new Set(ids).size && 'Two calls have the same id.',
    // Mistral: "Tool call id was ... but must be a-z, A-Z, 0-9, with a length of 9."
    model.includes('mistral') &&
      !ids.every((id) => /^[a-zA-Z0-9]{9}$/.test(id)) &&
      `An id is not Mistral's: ${ids}`,
    // Others: what Anthropic and Bedrock take, or the form that Kimi's template reads.
    ids.some((id) => !/^([\w-]{1,64}|functions\.[\w-]+:\d+)$/.test(id)) && `An id is not allowed: ${ids}`,
    ...nameRules(
      called.map(({ name }) => name),
      list(body['tools']).map((tool) => json(tool['function'])['name']),
    ),
    ...called.map(({ arguments: args }) => !isObjectText(args) && `Arguments are no object: ${args}`),
    // Kimi: "reasoning_content" must not be empty. DeepSeek R1: a request with reasoning_content gets 400.
    ...broken(
      messages,
      ({ reasoning_content: thought }) =>
        thought !== undefined &&
        (blank(String(thought)) || model.includes('r1')) &&
        'has a refused reasoning_content',
    ),
  ].filter((rule) => rule !== false);
}

/** https://platform.openai.com/docs/api-reference/responses/create with `store: false`, and the guide on reasoning. */
function responsesRules(body: Json): string[] {
  const items = list(body['input']);
  const calls = items.filter(({ type }) => type === 'function_call');
  const ids = calls.map((call) => call['call_id']);
  const answered = items.filter(({ type }) => type === 'function_call_output').map((item) => item['call_id']);
  const itemIds = items.flatMap(({ id }) => (id === undefined ? [] : [String(id)]));
  return [
    body['store'] !== false && 'The provider would store the response.',
    // "Item with id 'rs_...' not found. Items are not persisted when `store` is set to false."
    items.some(({ type }) => type === 'item_reference') && 'It refers to an item that is not stored.',
    items.some((item) => item['type'] === 'reasoning' && !item['encrypted_content']) &&
      'A reasoning item is not encrypted.',
    // "The encrypted content ... could not be verified."
    items.some((item) => item['encrypted_content'] === unfinished) && 'A reasoning item is not finished.',
    // "Item 'rs_...' of type 'reasoning' was provided without its required following item."
    ...broken(
      items,
      ({ type, role }, before) =>
        before?.['type'] === 'reasoning' &&
        !(type === 'function_call' || type === 'reasoning' || role === 'assistant') &&
        'follows reasoning that leads to nothing',
    ),
    items.at(-1)?.['type'] === 'reasoning' && 'It ends with reasoning.',
    // "Duplicate item found with id ...", "Expected an ID that begins with 'msg'".
    itemIds.length !== new Set(itemIds).size && `Two items have the same id: ${itemIds}`,
    itemIds.some((id) => !/^(?:msg|rs|fc)_\w{1,60}$/.test(id)) && `An item's id is not allowed: ${itemIds}`,
    // "string too long. Expected a string with maximum length 64" for a call id.
    ids.some((id) => typeof id !== 'string' || id === '' || id.length > 64) &&
      `A call id is not allowed: ${ids}`,
    // An output follows its call, and the next response begins when every call has its output.
    ...items.map(({ type, call_id: id }, index) => {
      const called = items.findIndex((item) => item['type'] === 'function_call' && item['call_id'] === id);
      return (
        type === 'function_call_output' && called > index && `The output of ${id} comes before its call.`
      );
    }),
    ...broken(
      items,
      ({ role, type }, before) =>
        before?.['type'] === 'function_call' &&
        type !== 'function_call' &&
        type !== 'function_call_output' &&
        `${role ?? type} stands between a call and its output`,
    ),
    items.some(({ content }) => list(content).some(({ text }) => text === '')) && 'A text is empty.',
    // "No tool output found for function call call_...", and the other way round.
    !same(answered.toSorted(), ids.toSorted()) && `Calls ${ids} are answered by ${answered}.`,
    ids.length !== new Set(ids).size && 'Two calls have the same id.',
    ...calls.map(({ arguments: args }) => !isObjectText(args) && `Arguments are no object: ${args}`),
    ...nameRules(
      calls.map(({ name }) => name),
      list(body['tools']).map(({ name }) => name),
    ),
  ].filter((rule) => rule !== false);
}

/** https://docs.anthropic.com/en/api/messages and the pages on tool use and extended thinking. */
function anthropicRules(body: Json): string[] {
  const messages = list(body['messages']);
  const blocks = messages.map(({ content }) => list(content));
  const calls = blocks.flat().filter(({ type }) => type === 'tool_use');
  const ids = calls.map(({ id }) => String(id));
  return [
    // "roles must alternate", "first message must use the user role", and no prefilled answer with thinking.
    ...broken(
      messages,
      ({ role }, before) =>
        role !== (before?.['role'] === 'user' ? 'assistant' : 'user') && 'breaks the order',
    ),
    messages.at(-1)?.['role'] !== 'user' && 'The last message is not of the user.',
    // "text content blocks must be non-empty", "must contain non-whitespace text", "all messages must have content".
    blocks.some((content) => content.length === 0) && 'A message has no content.',
    [...list(body['system']), ...blocks.flat()].some(
      ({ type, text }) => type === 'text' && blank(String(text)),
    ) && 'A text block is blank.',
    // "tool_use ids were found without tool_result blocks immediately after", "unexpected tool_use_id found".
    ...blocks.map((content, index) => {
      const asked = content.filter(({ type }) => type === 'tool_use').map(({ id }) => id);
      const next = blocks[index + 1]?.filter(({ type }) => type === 'tool_result') ?? [];
      return (
        messages[index]?.['role'] === 'assistant' &&
        !same(
          next.map((each) => each['tool_use_id']),
          asked,
        ) &&
        'A call is not answered at once.'
      );
    }),
    blocks[0]?.some(({ type }) => type === 'tool_result') === true && 'It begins with a tool result.',
    // "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'", "`tool_use` ids must be unique".
    ids.some((id) => !/^[a-zA-Z0-9_-]+$/.test(id)) && `An id is not allowed: ${ids}`,
    ids.length !== new Set(ids).size && 'Two calls have the same id.',
    ...nameRules(
      calls.map(({ name }) => name),
      list(body['tools']).map(({ name }) => name),
    ),
    calls.some(({ input }) => !isObject(input)) && 'An input is no object.',
    // "The final block in an assistant message cannot be `thinking`."
    ...broken(
      messages,
      ({ role, content }) =>
        role === 'assistant' && list(content).at(-1)?.['type'] === 'thinking' && 'ends with a thought',
    ),
    // "thinking blocks must have a signature", and they come before the calls of their message.
    blocks.flat().some(({ type, signature }) => type === 'thinking' && !signature) &&
      'A thought is not signed.',
  ].filter((rule) => rule !== false);
}

/** https://ai.google.dev/api/generate-content and the pages on function calling and thought signatures. */
function googleRules(body: Json): string[] {
  const contents = list(body['contents']);
  const parts = contents.map((content) => list(content['parts']));
  const named = (index: number, kind: string) =>
    (parts[index] ?? []).flatMap((part) => (isObject(part[kind]) ? [json(part[kind])['name']] : []));
  const calls = parts.flatMap((_, index) => named(index, 'functionCall'));
  const tools = list(body['tools'])
    .flatMap((tool) => list(tool['functionDeclarations']))
    .map(({ name }) => name);
  const system = isObject(body['systemInstruction']) ? list(json(body['systemInstruction'])['parts']) : [];
  return [
    // "Please ensure that multiturn requests alternate between user and model", and end with the user.
    ...broken(
      contents,
      ({ role }, before) => role !== (before?.['role'] === 'user' ? 'model' : 'user') && 'breaks the order',
    ),
    contents.at(-1)?.['role'] !== 'user' && 'The last content is not of the user.',
    // "contents.parts must not be empty", "required oneof field 'data' must have one initialized field".
    parts.some((each) => each.length === 0) && 'A content has no parts.',
    [...system, ...parts.flat()].some(({ text }) => text !== undefined && blank(String(text))) &&
      'A text is blank.',
    // "the number of function response parts is equal to the number of function call parts of the function call turn".
    ...parts.map(
      (_, index) =>
        contents[index]?.['role'] === 'model' &&
        !same(named(index + 1, 'functionResponse'), named(index, 'functionCall')) &&
        'A call is not answered at once.',
    ),
    // "Invalid function name. Must start with a letter or an underscore", at most 64 characters.
    calls.some((name) => !/^[a-zA-Z_]/.test(String(name))) && `A name begins wrongly: ${calls}`,
    ...nameRules(calls, tools),
  ].filter((rule) => rule !== false);
}

/**
 * OpenAI: "string does not match pattern '^[a-zA-Z0-9_-]+$'", at most 64 characters. Anthropic: "Requests which include
 * `tool_use` or `tool_result` blocks must define tools".
 */
function nameRules(called: unknown[], declared: unknown[]): (string | false)[] {
  const isName = (name: unknown) => typeof name === 'string' && /^[a-zA-Z0-9_-]{1,64}$/.test(name);
  return [
    ![...called, ...declared].every(isName) && `A name is not allowed: ${[...called, ...declared]}`,
    !called.every((name) => declared.includes(name)) &&
      `${called} are called, and only ${declared} are declared.`,
    declared.length !== new Set(declared).size && `A tool is declared twice: ${declared}`,
  ];
}

function broken(
  messages: Json[],
  check: (message: Json, before: Json | undefined, index: number) => string | false,
): string[] {
  return messages.flatMap((message, index) => {
    const fault = check(message, messages[index - 1], index);
    return fault === false ? [] : [`Message ${index} ${fault}.`];
  });
}

function callIdsIn(messages: Json[]): string[] {
  return messages.flatMap((message) => list(message['tool_calls'])).map(({ id }) => String(id));
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.entries(value).flat().flatMap(textsIn) : [];
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value : [];
}

function json(value: unknown): Json {
  return isObject(value) ? (value as Json) : {};
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isObjectText(text: unknown): boolean {
  return typeof text === 'string' && isObject(JSON.parse(text));
}

function blank(text: string): boolean {
  return text.trim() === '';
}

function same(some: unknown[], others: unknown[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}
