import type {
  LanguageModelV3Message,
  LanguageModelV3TextPart,
  LanguageModelV3ToolCallPart,
} from '@ai-sdk/provider';
import type { Message, ToolCall } from '../../generated/prisma/client.ts';
import { toolResultPart } from './tool-result.ts';

/** A message's row, with its tool calls in the order in which the model made them. */
export type StoredMessage = Message & { toolCalls: ToolCall[] };

/** Translates stored messages into the format of the AI SDK. Every tool call gets an id of its own. */
export function toModelMessages(messages: StoredMessage[]): LanguageModelV3Message[] {
  const callIds = new Set<string>();
  return messages.flatMap((message): LanguageModelV3Message[] =>
    message.role === 'USER'
      ? [{ role: 'user', content: [{ type: 'text', text: message.content }] }]
      : toSteps({ ...message, toolCalls: message.toolCalls.map((call) => withUniqueId(call, callIds)) }),
  );
}

export function callIdsOf(messages: LanguageModelV3Message[]): string[] {
  return messages.flatMap((message) =>
    message.role === 'assistant'
      ? message.content.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : []))
      : [],
  );
}

/**
 * Replaces an id that the next provider could refuse. Some servers use the same ids in every answer, and a session may
 * change its provider: Anthropic refuses repeated ids and other characters, OpenAI refuses more than 40 characters.
 */
function withUniqueId(call: ToolCall, callIds: Set<string>): ToolCall {
  const usable = /^[\w-]{1,40}$/.test(call.callId) && !callIds.has(call.callId);
  const callId = usable ? call.callId : `earlier_${call.id}`;
  callIds.add(callId);
  return { ...call, callId };
}

/** Splits a stored answer into its steps again: text, tool calls, their results, text … */
function toSteps(message: StoredMessage): LanguageModelV3Message[] {
  const messages: LanguageModelV3Message[] = [];
  let offset = 0;
  for (const calls of groupBySteps(message.toolCalls)) {
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

function groupBySteps(calls: ToolCall[]): ToolCall[][] {
  const steps = new Map<number, ToolCall[]>();
  for (const call of calls) steps.set(call.step, [...(steps.get(call.step) ?? []), call]);
  return [...steps.values()];
}

/** Leaves out a blank text, because Anthropic refuses it. */
function textPart(text: string): LanguageModelV3TextPart[] {
  return text.trim() === '' ? [] : [{ type: 'text', text }];
}

function callPart({ callId, name, args }: ToolCall): LanguageModelV3ToolCallPart {
  const input = typeof args === 'object' && args !== null ? args : {};
  return { type: 'tool-call', toolCallId: callId, toolName: name, input };
}
