import type { LanguageModelV3FunctionTool, LanguageModelV3Message } from '@ai-sdk/provider';
import type { Database } from '../../storage/database.ts';
import { runFailureCodes } from '../log/run-event.ts';
import { ProviderError } from '../models/provider-error.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import { type StoredMessage, toModelMessages } from './model-messages.ts';

/** Taken as the context of a model whose limit nobody told. */
const assumedContextLimit = 128_000;
/** Kept free for the answer, in tokens; never more than a quarter of the context. */
const answerReserve = 4_096;
/** What a message costs besides its text, in tokens: its role and its delimiters. */
const messageOverhead = 4;
/** Messages read at once: most often the first page is enough, a long history takes ever larger ones. */
const firstPage = 50;
const largestPage = 400;

export interface HistoryOptions {
  database: Database;
  sessionId: number;
  /** The prompt to answer: the newest message of the history. */
  userMessageId: number;
  systemPrompt: string | null;
  /** The tools that the model is told of: they take up context too. */
  offered: LanguageModelV3FunctionTool[];
  /** In tokens; null where nobody told. */
  contextLimit: number | null;
}

export interface History {
  messages: LanguageModelV3Message[];
  /** Estimated tokens of all messages, and of the tools offered. */
  tokens: number;
  /** The oldest messages, left out because the context is full. */
  omittedMessages: number;
}

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
  let tokens = (await systemTokens(options.systemPrompt)) + (await offerTokens(options.offered));
  const kept: StoredMessage[] = [];
  let turn = { messages: [] as StoredMessage[], tokens: 0 };
  for await (const message of newestFirst(options)) {
    turn.messages.push(message);
    turn.tokens += await messageTokens(message);
    if (tokens + turn.tokens > budget) break;
    if (message.role === 'ASSISTANT') continue;
    // A turn begins with its prompt: it is shown as a whole or not at all.
    kept.push(...turn.messages);
    tokens += turn.tokens;
    turn = { messages: [], tokens: 0 };
  }
  if (kept[0]?.id !== options.userMessageId) {
    throw new ProviderError('CONTEXT_TOO_LONG', runFailureCodes.CONTEXT_TOO_LONG);
  }
  return {
    messages: [...systemMessages(options.systemPrompt), ...toModelMessages(kept.toReversed())],
    tokens,
    omittedMessages: await countOlder(options, kept.at(-1)?.id ?? 0),
  };
}

async function* newestFirst({ database, sessionId, userMessageId }: HistoryOptions) {
  let before = userMessageId + 1;
  for (let size = firstPage; ; size = Math.min(size * 2, largestPage)) {
    const page = await database.message.findMany({
      where: { sessionId, id: { lt: before } },
      orderBy: { id: 'desc' },
      take: size,
      include: { toolCalls: { orderBy: { id: 'asc' } } },
    });
    yield* page;
    const oldest = page.at(-1);
    if (oldest === undefined || page.length < size) return;
    before = oldest.id;
  }
}

async function countOlder({ database, sessionId }: HistoryOptions, id: number): Promise<number> {
  return database.message.count({ where: { sessionId, id: { lt: id } } });
}

async function systemTokens(systemPrompt: string | null): Promise<number> {
  return systemPrompt === null ? 0 : messageOverhead + (await countTokens(systemPrompt));
}

async function offerTokens(offered: LanguageModelV3FunctionTool[]): Promise<number> {
  return offered.length === 0 ? 0 : countTokens(JSON.stringify(offered));
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
