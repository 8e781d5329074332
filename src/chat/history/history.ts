import type { LanguageModelV3FunctionTool } from '@ai-sdk/provider';
import type { Database } from '../../storage/database.ts';
import { runFailureCodes } from '../log/run-event.ts';
import { ProviderError } from '../models/provider-error.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import type { Turn } from './answer-step.ts';
import { type StoredMessage, toTurns } from './stored-turns.ts';

/** The context limit of a model that does not state one, in tokens. */
const assumedContextLimit = 128_000;
/** Tokens kept free for the answer; at most a quarter of the context. */
const answerReserve = 4_096;
/** Tokens of a message besides its text: its role and its delimiters. */
const messageOverhead = 4;
/** Messages read at once. The first page is mostly enough; each further page is twice as large, to save statements. */
const firstPage = 50;
const largestPage = 400;

export interface HistoryOptions {
  database: Database;
  sessionId: number;
  /** The prompt to answer: the newest message of the history. */
  userMessageId: number;
  /** Its answer, which has no steps yet. */
  assistantMessageId: number;
  systemPrompt: string | null;
  /** The tools that the model may call. Their descriptions take up context too. */
  offered: LanguageModelV3FunctionTool[];
  /** In tokens; null when the model does not state one. */
  contextLimit: number | null;
}

export interface History {
  /** The turns that the model is shown, oldest first. The last one is the prompt to answer. */
  turns: Turn[];
  /** Estimated tokens of all messages, and of the tools offered. */
  tokens: number;
  /** The number of oldest messages that were left out because the context is full. */
  omittedMessages: number;
}

/**
 * Reads the turns that the model is shown: as many of the newest as fit beside the system prompt. Reads backwards and stops when the context is full, so that the length of the
 * whole history does not matter.
 *
 * @throws ProviderError `CONTEXT_TOO_LONG` when the system prompt and the newest prompt do not fit.
 */
export async function readHistory(options: HistoryOptions): Promise<History> {
  const limit = options.contextLimit ?? assumedContextLimit;
  const budget = limit - Math.min(answerReserve, Math.floor(limit / 4));
  let tokens = (await systemTokens(options.systemPrompt)) + (await offerTokens(options.offered));
  const kept: StoredMessage[] = [];
  let exchange = { messages: [] as StoredMessage[], tokens: 0 };
  for await (const message of newestFirst(options)) {
    exchange.messages.push(message);
    exchange.tokens += await messageTokens(message);
    if (tokens + exchange.tokens > budget) break;
    if (message.role === 'ASSISTANT') continue;
    // The prompt completes its exchange. An answer without its prompt would confuse the model.
    kept.push(...exchange.messages);
    tokens += exchange.tokens;
    exchange = { messages: [], tokens: 0 };
  }
  if (kept[0]?.id !== options.userMessageId) {
    throw new ProviderError('CONTEXT_TOO_LONG', runFailureCodes.CONTEXT_TOO_LONG);
  }
  const turns = toTurns(kept.toReversed());
  const newest = turns.at(-1);
  if (newest !== undefined) Object.assign(newest, { answerId: options.assistantMessageId, unfinished: null });
  return {
    turns,
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
      include: { toolCalls: { orderBy: { id: 'asc' } }, steps: { orderBy: { step: 'asc' } } },
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
