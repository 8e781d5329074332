import { type ClientFile, fileFromUrl } from '../dialect/input/client-file.ts';
import type { ListedMessage } from '../dialect/input/conversation.ts';
import type { Reply } from '../dialect/thread/answer-asked.ts';
import type { UiMessage, UiPart } from './chat-request.ts';

/**
 * The messages of a client as a list that `toConversation` takes.
 *
 * @throws ApiError 400 for a file that is no data URL.
 */
export function readMessages(messages: readonly UiMessage[]): ListedMessage[] {
  return messages.flatMap(({ role, parts }, index): ListedMessage[] => {
    const param = `messages[${index}]`;
    if (role === 'assistant')
      return parts.flatMap((part, at) => readAnswerPart(part, `${param}.parts[${at}]`, param));
    const texts = parts.flatMap(({ type, text }) => (type === 'text' && text ? text : []));
    const files = role === 'user' ? parts.flatMap((part, at) => readFile(part, `${param}.parts[${at}]`)) : [];
    return [{ role, text: texts.join('\n'), files, param }];
  });
}

function readFile({ type, url, filename }: UiPart, param: string): ClientFile[] {
  return type === 'file' && url ? [fileFromUrl(url, `${param}.url`, filename)] : [];
}

function readAnswerPart(part: UiPart, param: string, message: string): ListedMessage[] {
  const said = (text: string): ListedMessage => ({ role: 'assistant', text, files: [], param: message });
  if (part.type === 'text') return [said(part.text ?? '')];
  const id = part.toolCallId;
  const isEnded = part.state === 'output-available' || part.state === 'output-error';
  if (!isTool(part) || id == null || !isEnded) return [];
  const [name, args] = [
    part.toolName ?? part.type.replace(/^tool-/, ''),
    JSON.stringify(part['input'] ?? {}),
  ];
  const { output = null } = part;
  const text = part.errorText ?? (typeof output === 'string' ? output : JSON.stringify(output));
  return [
    { role: 'assistant', text: '', files: [], calls: [{ id, name, args, param }], param: message },
    { role: 'tool', callId: id, text, param, idParam: `${param}.toolCallId` },
  ];
}

/** What the client says about calls in an answer: results, failures and decisions. */
export function readReplies({ parts }: UiMessage, param: string): Reply[] {
  return parts.flatMap((part, index): Reply[] => {
    const { toolCallId: id, state, errorText, approval } = part;
    if (!isTool(part) || id == null) return [];
    const place = { id, param: `${param}.parts[${index}]` };
    if (approval?.approved != null && (state === 'approval-responded' || part['providerExecuted'] === true)) {
      return [{ ...place, approved: approval.approved, reason: approval.reason }];
    }
    if (state === 'output-available') return [{ ...place, result: part['output'] ?? null }];
    if (state === 'output-error') return [{ ...place, error: errorText || 'The tool failed.' }];
    return [];
  });
}

function isTool({ type }: UiPart): boolean {
  return type === 'dynamic-tool' || type.startsWith('tool-');
}
