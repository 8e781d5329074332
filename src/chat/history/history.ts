import type { LanguageModelV3FunctionTool } from '@ai-sdk/provider';
import { maxId } from '../../base/global-id.ts';
import { shareTurn } from '../../base/share-turn.ts';
import type { Message } from '../../generated/prisma/client.ts';
import { stepsOfMessages } from '../../storage/statements/answer-steps.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { countOlderMessages, messagesBefore } from '../../storage/statements/exchanges.ts';
import { linePlaceOf } from '../../storage/statements/lines.ts';
import { messagesByIds, messagesOfBranch } from '../../storage/statements/messages.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import { toolCallsOfMessages } from '../../storage/statements/tool-calls.ts';
import { attachmentsOfMessages } from '../../storage/statements/uploads.ts';
import { runFailureCodes } from '../log/run-event.ts';
import { ProviderError } from '../models/failure/provider-error.ts';
import type { ResolvedModel } from '../models/models.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import type { Turn } from './answer-step.ts';
import { attachmentTokens } from './attached-files.ts';
import { messageOverhead, messageTokens } from './message-tokens.ts';
import type { ShownSummary } from './shown-summary.ts';
import { joinedTokens, readJoined } from './steered-prompts.ts';
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
  model: Pick<ResolvedModel, 'maxPromptTokens' | 'takes'>;
}

export interface History {
  /** What stands for the messages before the turns; null: nothing does. */
  summary: ShownSummary | null;
  /** The turns that the model is shown, oldest first. The last one is the prompt to answer. */
  turns: Turn[];
  /** Estimated tokens of each turn, in the order of the turns. */
  turnTokens: number[];
  /** Estimated tokens of all messages with the summary, and of the tools offered. */
  tokens: number;
  /** The number of oldest messages that the model is not shown, because the context is full. */
  omittedMessages: number;
}

/** A prompt with its answer. */
export interface Exchange {
  /** The id of the prompt. */
  promptId: number;
  /** The id of the newest message. */
  lastId: number;
  messages: number;
  /** Undefined for a prompt that was withdrawn. */
  turn: Turn | undefined;
  tokens: number;
}

/** As many of the newest exchanges as fit. */
export interface NewestExchanges {
  /** Newest first; the first one has the prompt to answer. */
  exchanges: Exchange[];
  /** Whether they are all. */
  isWhole: boolean;
  /** Those that do not fit, newest first. Undefined at the beginning of the branch. Reads on only when it is called. */
  older: () => Promise<Exchange | undefined>;
  /** Estimated tokens that exchanges may have. */
  budget: number;
  /** Estimated tokens of the system prompt and the tools offered. */
  fixedTokens: number;
}

/**
 * Reads the newest turns of a branch: as many as fit beside the system prompt and the answer. Reads backwards and stops
 * when the context is full, so that the length of the whole history does not matter.
 *
 * @throws ProviderError `CONTEXT_TOO_LONG` when the system prompt and the newest prompt do not fit.
 */
export async function readNewest(options: HistoryOptions): Promise<NewestExchanges> {
  const fixedTokens = (await systemTokens(options.systemPrompt)) + (await offerTokens(options.offered));
  const budget = options.model.maxPromptTokens - fixedTokens;
  const reading = exchangesOf(options);
  const next = async () => (await reading.next()).value;
  const exchanges: Exchange[] = [];
  let beyond: Exchange | undefined;
  for (let total = 0; ; ) {
    const exchange = await next();
    if (exchange === undefined) break;
    total += exchange.tokens;
    if (total > budget) {
      beyond = exchange;
      break;
    }
    exchanges.push(exchange);
  }
  if (exchanges[0]?.promptId !== options.userMessageId) {
    throw new ProviderError('CONTEXT_TOO_LONG', runFailureCodes.CONTEXT_TOO_LONG);
  }
  const older = async () => {
    const waiting = beyond;
    beyond = undefined;
    return waiting ?? (await next());
  };
  return { exchanges, isWhole: beyond === undefined, older, budget, fixedTokens };
}

/** The history with as many of the newest turns as fit, and nothing in place of the others. */
export async function trimmedHistory(read: NewestExchanges, options: HistoryOptions): Promise<History> {
  const { exchanges, isWhole } = read;
  let kept = exchanges;
  let omittedMessages = 0;
  if (!isWhole) {
    const older = await countOlder(options, exchanges.at(-1)?.promptId ?? 0);
    const more = moreToOmit(exchanges.length, older / 2);
    kept = exchanges.slice(0, exchanges.length - more);
    const omitted = exchanges.slice(kept.length);
    omittedMessages = omitted.reduce((sum, { messages }) => sum + messages, older);
  }
  return toHistory(kept, { summary: null, omittedMessages, fixedTokens: read.fixedTokens }, options);
}

/** @param exchanges Those that the model is shown, newest first. */
export function toHistory(
  exchanges: readonly Exchange[],
  shown: Pick<History, 'summary' | 'omittedMessages'> & { fixedTokens: number },
  { assistantMessageId }: Pick<HistoryOptions, 'assistantMessageId'>,
): History {
  const { summary, omittedMessages, fixedTokens } = shown;
  const turns: Turn[] = [];
  const turnTokens: number[] = [];
  for (const { turn, tokens } of exchanges.toReversed()) {
    if (turn === undefined) continue;
    turns.push(turn);
    turnTokens.push(tokens);
  }
  const newest = turns.at(-1);
  if (newest !== undefined) Object.assign(newest, { answerId: assistantMessageId, unfinished: null });
  const tokens = turnTokens.reduce((sum, each) => sum + each, fixedTokens + (summary?.tokens ?? 0));
  return { summary, turns, turnTokens, tokens, omittedMessages };
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

/** The exchanges of the branch that ends with the prompt, newest first. */
async function* exchangesOf(options: HistoryOptions): AsyncGenerator<Exchange, undefined> {
  const nextPage = pagesOf(options);
  let messages: StoredMessage[] = [];
  /** Prompts behind the exchange that have joined answers. */
  let joined = 0;
  let tokens = 0;
  for (;;) {
    const page = await nextPage();
    if (page === undefined) return undefined;
    for (const message of page) {
      // A context holds tens of thousands of short messages.
      const turn = shareTurn();
      if (turn) await turn;
      // A prompt that joined an answer is told with that, also where another branch has the prompt.
      if (message.steeredIntoId !== null) {
        joined += 1;
        continue;
      }
      messages.push(message);
      tokens = isWithdrawn(message) ? 0 : tokens + (await messageTokens(message));
      if (tokens > 0) tokens += attachmentTokens(message.attachments, options.model);
      if (message.joined.length > 0) tokens += await joinedTokens(message.joined, options.model);
      if (message.role === 'ASSISTANT') continue;
      // The prompt completes its exchange. An answer without its prompt would confuse the model.
      yield {
        promptId: message.id,
        lastId: messages[0]?.id ?? message.id,
        messages: messages.length + joined,
        turn: toTurns(messages.toReversed())[0],
        tokens,
      };
      messages = [];
      joined = 0;
      tokens = 0;
    }
  }
}

/** Returns the messages of the branch page by page, newest first, and undefined behind the last page. */
function pagesOf({ statements, sessionId, userMessageId }: HistoryOptions) {
  let end = userMessageId;
  let before = userMessageId + 1;
  let isBranched = false;
  let size = firstPage;
  let isOver = false;
  return async (): Promise<StoredMessage[] | undefined> => {
    if (isOver) return undefined;
    let messages: Message[] = [];
    if (!isBranched) {
      const session = [sessionId, sessionId, sessionId];
      const page = await statements.all(messagesBefore, [
        sessionId,
        sessionId,
        end,
        ...session,
        before,
        size,
      ]);
      isBranched = page.some(({ lineId }) => lineId > 0);
      messages = page;
    }
    if (isBranched) messages = await pageOfBranch(statements, { sessionId, end, before, size });
    const oldest = messages.at(-1);
    isOver = oldest === undefined || messages.length < size;
    if (oldest !== undefined) [end, before] = [oldest.id, oldest.id];
    size = Math.min(size * 2, largestPage);
    return withParts(statements, messages);
  };
}

/** The newest messages before an id on the branch that ends with the message `end`, newest first. */
async function pageOfBranch(
  statements: Reader,
  { sessionId, end, before, size }: { sessionId: number; end: number; before: number; size: number },
): Promise<Message[]> {
  const rows = await statements.all(messagesOfBranch, [end, sessionId, 0, before, size, size]);
  const ids = rows.map(({ id }) => id).toSorted((a, b) => b - a);
  const messages = await statements.all(messagesByIds, [idList(ids.slice(0, size))]);
  return messages.toSorted((a, b) => b.id - a.id);
}

/** Reads the tool calls and the steps of the messages of a page. A prompt without an answer has neither. */
async function withParts(statements: Reader, messages: readonly Message[]): Promise<StoredMessage[]> {
  const stored = messages.map(
    (message): StoredMessage =>
      Object.assign(message, { toolCalls: [], steps: [], attachments: [], joined: [] }),
  );
  await addAttachments(statements, stored);
  const answers = stored.filter(({ role }) => role === 'ASSISTANT');
  if (answers.length === 0) return stored;
  const joined = await readJoined(statements, answers);
  for (const answer of answers) answer.joined = joined.get(answer.id) ?? [];
  const ids = idList(answers.map(({ id }) => id));
  const calls = await statements.all(toolCallsOfMessages, [ids]);
  const steps = await statements.all(stepsOfMessages, [ids]);
  if (calls.length + steps.length === 0) return stored;
  const byId = new Map(stored.map((message) => [message.id, message]));
  for (const call of calls) byId.get(call.messageId)?.toolCalls.push(call);
  for (const step of steps) byId.get(step.messageId)?.steps.push(step);
  return stored;
}

/** Most prompts have no attachments, and cost no statement. */
async function addAttachments(statements: Reader, messages: readonly StoredMessage[]): Promise<void> {
  const having = messages.filter(({ attachmentCount }) => attachmentCount > 0);
  if (having.length === 0) return;
  const ids = idList(having.map(({ id }) => id));
  const byId = new Map(having.map((message) => [message.id, message]));
  for (const attachment of await statements.all(attachmentsOfMessages, [ids])) {
    byId.get(attachment.messageId)?.attachments.push(attachment);
  }
}

/**
 * How many messages the branch has before one of them. Without branches it counts those from there on, which were read, and
 * not all of a long session.
 */
export async function countOlder(
  { statements, sessionId }: Pick<HistoryOptions, 'statements' | 'sessionId'>,
  id: number,
): Promise<number> {
  const counted = await statements.get(countOlderMessages, [sessionId, id - 1, sessionId, maxId, sessionId]);
  if (counted !== undefined && counted.count > 0) return counted.count;
  // There is at least one, so the session has branches, or another program has written messages that it does not count.
  const place = await statements.get(linePlaceOf, [id, sessionId]);
  return (place?.messages ?? 1) - 1;
}

async function systemTokens(systemPrompt: string | null): Promise<number> {
  return systemPrompt === null ? 0 : messageOverhead + (await countTokens(systemPrompt));
}

async function offerTokens(offered: LanguageModelV3FunctionTool[]): Promise<number> {
  return offered.length === 0 ? 0 : countTokens(JSON.stringify(offered));
}
