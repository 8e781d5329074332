import type {
  LanguageModelV3Message,
  LanguageModelV3TextPart,
  LanguageModelV3ToolCallPart,
} from '@ai-sdk/provider';
import type { Message, ToolCall } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import { ProviderError } from '../models/provider-error.ts';
import { runFailureCodes } from '../run-event.ts';
import { countTokens } from '../tokens.ts';

/** Taken as the context of a model whose limit nobody told. */
export const assumedContextLimit = 128_000;
/** Kept free for the answer, in tokens; never more than a quarter of the context. */
const answerReserve = 4_096;
/** What a message costs besides its text, in tokens: its role and its delimiters. */
const messageOverhead = 4;
const pageSize = 50;

export interface HistoryOptions {
  database: Database;
  sessionId: number;
  /** The prompt to answer: the newest message of the history. */
  userMessageId: number;
  systemPrompt: string | null;
  /** In tokens; null where nobody told. */
  contextLimit: number | null;
}

export interface History {
  messages: LanguageModelV3Message[];
  /** Estimated tokens of all messages. */
  tokens: number;
  /** The oldest messages, left out because the context is full. */
  omittedMessages: number;
}

type StoredMessage = Message & { toolCalls: ToolCall[] };

/**
 * The conversation as the model is shown it: the system prompt, always, and as many of the newest turns as
 * fit. Reads backwards and stops where the context is full, so that a long history costs no more than a
 * full one.
 *
 * @throws ProviderError `CONTEXT_TOO_LONG` when not even the prompt fits.
 */
export async function readHistory(options: HistoryOptions): Promise<History> {
  const limit = options.contextLimit ?? assumedContextLimit;
  const budget = limit - Math.min(answerReserve, Math.floor(limit / 4));
  let tokens = await systemTokens(options.systemPrompt);
  const kept: StoredMessage[] = [];
  for await (const message of newestFirst(options)) {
    const cost = await messageTokens(message);
    if (tokens + cost > budget) break;
    tokens += cost;
    kept.unshift(message);
  }
  if (kept.at(-1)?.id !== options.userMessageId) {
    throw new ProviderError('CONTEXT_TOO_LONG', runFailureCodes.CONTEXT_TOO_LONG);
  }
  // A turn begins with its prompt: an answer whose prompt was left out goes with it.
  while (kept[0]?.role === 'ASSISTANT') kept.shift();
  return {
    messages: [...systemMessages(options.systemPrompt), ...kept.flatMap(toModelMessages)],
    tokens,
    omittedMessages: await countOlder(options, kept[0]?.id ?? 0),
  };
}

async function* newestFirst({ database, sessionId, userMessageId }: HistoryOptions) {
  let before = userMessageId + 1;
  for (;;) {
    const page = await database.message.findMany({
      where: { sessionId, id: { lt: before } },
      orderBy: { id: 'desc' },
      take: pageSize,
      include: { toolCalls: { orderBy: { id: 'asc' } } },
    });
    yield* page;
    const oldest = page.at(-1);
    if (oldest === undefined || page.length < pageSize) return;
    before = oldest.id;
  }
}

async function countOlder({ database, sessionId }: HistoryOptions, id: number): Promise<number> {
  return database.message.count({ where: { sessionId, id: { lt: id } } });
}

async function systemTokens(systemPrompt: string | null): Promise<number> {
  return systemPrompt === null ? 0 : messageOverhead + (await countTokens(systemPrompt));
}

async function messageTokens(message: StoredMessage): Promise<number> {
  const text = message.tokenCount ?? (await countTokens(message.content));
  const calls = message.toolCalls.map(
    ({ name, args, result }) => name + JSON.stringify(args) + (result ?? ''),
  );
  return messageOverhead + text + (await countTokens(calls.join('')));
}

function systemMessages(systemPrompt: string | null): LanguageModelV3Message[] {
  return systemPrompt === null ? [] : [{ role: 'system', content: systemPrompt }];
}

/** A stored answer, cut again into the steps in which it was given: text, calls, results, text … */
function toModelMessages(message: StoredMessage): LanguageModelV3Message[] {
  if (message.role === 'USER') return [{ role: 'user', content: [{ type: 'text', text: message.content }] }];
  const messages: LanguageModelV3Message[] = [];
  let offset = 0;
  for (const calls of bySteps(message.toolCalls)) {
    const end = calls[0]?.textOffset ?? offset;
    messages.push(
      {
        role: 'assistant',
        content: [...textPart(message.content.slice(offset, end)), ...calls.map(callPart)],
      },
      { role: 'tool', content: calls.map(resultPart) },
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

function textPart(text: string): LanguageModelV3TextPart[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

function callPart({ callId, name, args }: ToolCall): LanguageModelV3ToolCallPart {
  const input = typeof args === 'object' && args !== null ? args : {};
  return { type: 'tool-call', toolCallId: callId, toolName: name, input };
}

function resultPart({ callId, name, status, result }: ToolCall) {
  const type = status === 'SUCCEEDED' ? ('text' as const) : ('error-text' as const);
  const output = { type, value: result ?? 'Interrupted.' };
  return { type: 'tool-result' as const, toolCallId: callId, toolName: name, output };
}
