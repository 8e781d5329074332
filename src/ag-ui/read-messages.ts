import { badParameter, unsupported } from '../dialect/errors/api-error.ts';
import { type ClientFile, fileFromUrl } from '../dialect/input/client-file.ts';
import type { ListedMessage } from '../dialect/input/conversation.ts';
import type { Reply } from '../dialect/thread/answer-asked.ts';
import { type AgUiMessage, content, type RunInput } from './run-input.ts';

/**
 * The messages of a client as a list that `toConversation` takes.
 *
 * @throws ApiError 400 for a part that the gateway cannot take.
 */
export function readMessages(messages: readonly AgUiMessage[]): ListedMessage[] {
  return messages.flatMap((message, index) => readMessage(message, `messages[${index}]`));
}

function readMessage(message: AgUiMessage, param: string): ListedMessage[] {
  const { role, toolCalls, toolCallId } = message;
  if (role === 'activity' || role === 'reasoning') return [];
  const said = readContent(message.content ?? '', `${param}.content`);
  if (role === 'tool') {
    if (toolCallId == null) throw badParameter(`${param}.toolCallId`, 'this parameter is required.');
    const { text } = said;
    return [{ role, callId: toolCallId, text: message.error ?? text, param, idParam: `${param}.toolCallId` }];
  }
  const calls = toolCalls?.map(({ id, function: { name, arguments: args } }, at) => ({
    ...{ id, name, args },
    param: `${param}.toolCalls[${at}]`,
  }));
  // An assistant message without text only holds calls that others have made.
  if (role === 'assistant' && said.text === '' && !calls?.length) return [];
  return [{ role: role === 'developer' ? 'system' : role, ...said, ...(calls && { calls }), param }];
}

function readContent(given: unknown, param: string): { text: string; files: ClientFile[] } {
  const { content: parts } = parseContent(given, param);
  if (typeof parts === 'string') return { text: parts, files: [] };
  const texts = parts.flatMap(({ type, text }) => (type === 'text' && text != null ? text : []));
  const files = parts.flatMap((part, index) => {
    if (part.type === 'text') return [];
    const { source } = part;
    if (source?.type !== 'data') {
      throw unsupported(`${param}[${index}].source`, 'The gateway takes files as data in base64.');
    }
    const url = `data:${source.mimeType ?? 'application/octet-stream'};base64,${source.value}`;
    return fileFromUrl(url, `${param}[${index}].source.value`);
  });
  return { text: texts.join('\n'), files };
}

function parseContent(given: unknown, param: string) {
  const parsed = content.safeParse(given);
  if (!parsed.success) throw badParameter(param, 'expected a text or a list of parts.');
  return { content: parsed.data };
}

/** What the client says about calls: the results behind the last prompt and answer, and the decisions in `resume`. */
export function readReplies({ messages, resume }: RunInput): Reply[] {
  const decisions = (resume ?? []).map(({ interruptId: id, status, payload }, index): Reply => {
    const { approved = status === 'resolved', reason } = Object(payload) as {
      approved?: unknown;
      reason?: unknown;
    };
    const isApproved = status === 'resolved' && approved === true;
    return {
      ...{ id, param: `resume[${index}]`, approved: isApproved },
      reason: typeof reason === 'string' ? reason : null,
    };
  });
  return [...results(messages), ...decisions];
}

function results(messages: readonly AgUiMessage[]): Reply[] {
  const start = messages.findLastIndex(({ role }) => role === 'user') + 1;
  return messages.slice(start).flatMap((message, at): Reply[] => {
    const { role, toolCallId: id, error } = message;
    if (role !== 'tool' || id == null) return [];
    const place = { id, param: `messages[${start + at}]` };
    if (error) return [{ ...place, error }];
    return [{ ...place, result: readContent(message.content ?? '', `${place.param}.content`).text }];
  });
}
