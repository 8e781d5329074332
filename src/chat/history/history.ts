import type { LanguageModelV3FunctionTool } from '@ai-sdk/provider';
import type { Message } from '../../generated/prisma/client.ts';
import { answerStepsBetween } from '../../storage/statements/answer-steps.ts';
import { countMessagesBefore, messagesBefore } from '../../storage/statements/exchanges.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import { toolCallsBetween } from '../../storage/statements/tool-calls.ts';
import { runFailureCodes } from '../log/run-event.ts';
import { ProviderError } from '../models/failure/provider-error.ts';
import type { ResolvedModel } from '../models/models.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import type { Turn } from './answer-step.ts';
import { messageOverhead, messageTokens } from './message-tokens.ts';
import { isWithdrawn, type StoredMessage, toTurns } from './stored-turns.ts';

/** Messages read at once. The first page is mostly enough; each further page is twice as large, to save statements. */
const firstPage = 50;
const largestPage = 400;

export interface HistoryOptions {
  statements: Reader;
  sessionId: number;
  /** The prompt to answer: the newest message of the history. */
  userMessageId: number;
  /** Its answer, which has no steps yet. */
  assistantMessageId: number;
  systemPrompt: string | null;
  /** The tools that the model may call. Their descriptions take up context too. */
  offered: LanguageModelV3FunctionTool[];
  model: Pick<ResolvedModel, 'maxPromptTokens'>;
}

export interface History {
  /** The turns that the model is shown, oldest first. The last one is the prompt to answer. */
  turns: Turn[];
  /** Estimated tokens of each turn, in the order of the turns. */
  turnTokens: number[];
  /** Estimated tokens of all messages, and of the tools offered. */
  tokens: number;
  /** The number of oldest messages that were left out because the context is full. */
  omittedMessages: number;
}

/** A prompt with its answer, newest message first, as the database has them. */
interface Exchange {
  messages: StoredMessage[];
  tokens: number;
}

/**
 * Reads the turns that the model is shown: as many of the newest as fit beside the system prompt and the answer. Reads
 * backwards and stops when the context is full, so that the length of the whole history does not matter.
 *
 * @throws ProviderError `CONTEXT_TOO_LONG` when the system prompt and the newest prompt do not fit.
 */
export async function readHistory(options: HistoryOptions): Promise<History> {
  const fixed = (await systemTokens(options.systemPrompt)) + (await offerTokens(options.offered));
  const { exchanges, isWhole } = await newestThatFit(options, options.model.maxPromptTokens - fixed);
  if (exchanges[0]?.messages[0]?.id !== options.userMessageId) {
    throw new ProviderError('CONTEXT_TOO_LONG', runFailureCodes.CONTEXT_TOO_LONG);
  }
  let omittedMessages = 0;
  if (!isWhole) {
    const older = await countOlder(options, exchanges.at(-1)?.messages.at(-1)?.id ?? 0);
    const more = moreToOmit(exchanges.length, older / 2);
    const omitted = exchanges.splice(exchanges.length - more, more);
    omittedMessages = older + omitted.flatMap(({ messages }) => messages).length;
  }
  const turns = toTurns(exchanges.flatMap(({ messages }) => messages).toReversed());
  const newest = turns.at(-1);
  if (newest !== undefined) Object.assign(newest, { answerId: options.assistantMessageId, unfinished: null });
  const shown = exchanges.filter(({ messages }) => !messages.some(isWithdrawn)).toReversed();
  const turnTokens = shown.map((exchange) => exchange.tokens);
  const tokens = turnTokens.reduce((sum, each) => sum + each, fixed);
  return { turns, turnTokens, tokens, omittedMessages };
}

/**
 * How many exchanges to leave out beyond those that do not fit, so that the history begins at the end of a block.
 * Without blocks each prompt would leave out one more exchange, and the provider's prompt cache, which holds a
 * beginning, would never be hit. A block is at most a quarter of what fits.
 *
 * @param fitting How many exchanges fit.
 * @param omitted How many older exchanges do not fit.
 */
function moreToOmit(fitting: number, omitted: number): number {
  const block = 2 ** Math.floor(Math.log2(Math.max(1, fitting / 4)));
  return Math.min(Math.ceil(omitted / block) * block - Math.floor(omitted), fitting - 1);
}

async function newestThatFit(options: HistoryOptions, budget: number) {
  const exchanges: Exchange[] = [];
  let tokens = 0;
  let exchange: Exchange = { messages: [], tokens: 0 };
  for await (const message of newestFirst(options)) {
    exchange.messages.push(message);
    exchange.tokens = isWithdrawn(message) ? 0 : exchange.tokens + (await messageTokens(message));
    if (tokens + exchange.tokens > budget) return { exchanges, isWhole: false };
    if (message.role === 'ASSISTANT') continue;
    // The prompt completes its exchange. An answer without its prompt would confuse the model.
    exchanges.push(exchange);
    tokens += exchange.tokens;
    exchange = { messages: [], tokens: 0 };
  }
  return { exchanges, isWhole: exchange.messages.length === 0 };
}

async function* newestFirst({ statements, sessionId, userMessageId }: HistoryOptions) {
  const session = [sessionId, sessionId, sessionId];
  let before = userMessageId + 1;
  for (let size = firstPage; ; size = Math.min(size * 2, largestPage)) {
    const messages = await statements.all(messagesBefore, [...session, before, size]);
    yield* await withParts(statements, messages);
    const oldest = messages.at(-1);
    if (oldest === undefined || messages.length < size) return;
    before = oldest.id;
  }
}

/** Reads the tool calls and the steps of the messages of a page. A prompt alone has none. */
async function withParts(statements: Reader, messages: readonly Message[]): Promise<StoredMessage[]> {
  const rows = new Map<number, StoredMessage>(
    messages.map((message) => [message.id, { ...message, toolCalls: [], steps: [] }]),
  );
  const [newest, oldest] = [messages[0], messages.at(-1)];
  if (newest !== undefined && oldest !== undefined && newest !== oldest) {
    const range = [newest.sessionId, oldest.id, newest.id];
    for (const call of await statements.all(toolCallsBetween, range))
      rows.get(call.messageId)?.toolCalls.push(call);
    for (const step of await statements.all(answerStepsBetween, range))
      rows.get(step.messageId)?.steps.push(step);
  }
  return [...rows.values()];
}

async function countOlder({ statements, sessionId }: HistoryOptions, id: number): Promise<number> {
  const row = await statements.get(countMessagesBefore, [sessionId, sessionId, sessionId, id]);
  return row?.count ?? 0;
}

async function systemTokens(systemPrompt: string | null): Promise<number> {
  return systemPrompt === null ? 0 : messageOverhead + (await countTokens(systemPrompt));
}

async function offerTokens(offered: LanguageModelV3FunctionTool[]): Promise<number> {
  return offered.length === 0 ? 0 : countTokens(JSON.stringify(offered));
}
