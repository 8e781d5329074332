import type {
  LanguageModelV3Message,
  LanguageModelV3TextPart,
  LanguageModelV3ToolCallPart,
} from '@ai-sdk/provider';
import type { Message, ToolCall } from '../../generated/prisma/client.ts';
import { toolResultPart } from './tool-result.ts';

/** A message as it is stored, with its tool calls in order. */
export type StoredMessage = Message & { toolCalls: ToolCall[] };

/** The stored messages as a model is shown them. No two tool calls share an id. */
export function toModelMessages(messages: StoredMessage[]): LanguageModelV3Message[] {
  const callIds = new Set<string>();
  return messages.flatMap((message): LanguageModelV3Message[] =>
    message.role === 'USER'
      ? [{ role: 'user', content: [{ type: 'text', text: message.content }] }]
      : toSteps({ ...message, toolCalls: message.toolCalls.map((call) => withOwnId(call, callIds)) }),
  );
}

/** The ids of all tool calls that a model is shown. */
export function callIdsOf(messages: LanguageModelV3Message[]): string[] {
  return messages.flatMap((message) =>
    message.role === 'assistant'
      ? message.content.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : []))
      : [],
  );
}

/**
 * Some servers number the calls of every answer anew, and a session may change its provider: Anthropic takes
 * no id twice and none with other characters, OpenAI none that is longer.
 */
function withOwnId(call: ToolCall, callIds: Set<string>): ToolCall {
  const usable = /^[\w-]{1,40}$/.test(call.callId) && !callIds.has(call.callId);
  const callId = usable ? call.callId : `earlier_${call.id}`;
  callIds.add(callId);
  return { ...call, callId };
}

/** A stored answer, cut again into the steps in which it was given: text, calls, results, text … */
function toSteps(message: StoredMessage): LanguageModelV3Message[] {
  const messages: LanguageModelV3Message[] = [];
  let offset = 0;
  for (const calls of bySteps(message.toolCalls)) {
    const end = calls[0]?.textOffset ?? offset;
    messages.push(
      {
        role: 'assistant',
        content: [...textPart(message.content.slice(offset, end)), ...calls.map(callPart)],
      },
      { role: 'tool', content: calls.map(toolResultPart) },
    );
    offset = end;
  }
  const rest = textPart(message.content.slice(offset));
  if (rest.length > 0) messages.push({ role: 'assistant', content: rest });
  return messages;
}

function bySteps(calls: ToolCall[]): ToolCall[][] {
  const steps = new Map<number, ToolCall[]>();
  for (const call of calls) steps.set(call.step, [...(steps.get(call.step) ?? []), call]);
  return [...steps.values()];
}

/** Anthropic refuses a text that is blank. */
function textPart(text: string): LanguageModelV3TextPart[] {
  return text.trim() === '' ? [] : [{ type: 'text', text }];
}

function callPart({ callId, name, args }: ToolCall): LanguageModelV3ToolCallPart {
  const input = typeof args === 'object' && args !== null ? args : {};
  return { type: 'tool-call', toolCallId: callId, toolName: name, input };
}
