import type { Logger } from 'pino';
import { linePlaceOf } from '../../storage/statements/lines.ts';
import {
  countOlder,
  type Exchange,
  type History,
  type HistoryOptions,
  type NewestExchanges,
  readNewest,
  toHistory,
  trimmedHistory,
} from '../history/history.ts';
import { omitOldest } from '../history/omit-oldest.ts';
import { type ShownSummary, summaryTokens } from '../history/shown-summary.ts';
import type { RunWriter } from '../log/run-writer.ts';
import type { CallLimits } from '../models/call/call-model.ts';
import type { ProviderError } from '../models/failure/provider-error.ts';
import type { ResolvedModel } from '../models/models.ts';
import type { RefusalMemory } from '../models/refusals/refusal-memory.ts';
import { askForText } from '../own-requests/ask-for-text.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import { addUsage } from '../usage/usage.ts';
import {
  boundOf,
  divide,
  frameTokens,
  instructionTokens,
  partOfSummary,
  partOfTurns,
  tokensOf,
  walk,
} from './divide.ts';
import { answerTokens, shortenResults } from './shorten-results.ts';
import { type Material, summaryInstructions, writeMaterial } from './summary-request.ts';
import { readSummaries, type SummaryStore, saveSummary, toShown } from './summary-store.ts';

/** What all runs of a gateway share. */
export interface SharedCompaction {
  /** How long a model may take for a summary, in milliseconds. */
  summaryTimeoutMs: number;
  /** Sessions whose last summary has failed. Until that is forgotten, their oldest messages are left out. */
  failed: RefusalMemory<true>;
}

export interface CompactionOptions extends Omit<SummaryStore, 'runId' | 'hold'> {
  shared: SharedCompaction;
  model: ResolvedModel;
  writer: RunWriter;
  callLimits: CallLimits;
  signal: AbortSignal;
  log: Logger;
}

/**
 * Keeps what one run tells its model within the context: sums up the oldest turns where the model does that, or else leaves
 * them out, and shortens results of tools when the answer itself grows too long. See src/chat/history/README.md.
 */
export class Compaction {
  readonly #options: CompactionOptions;

  constructor(options: CompactionOptions) {
    this.#options = options;
  }

  /**
   * Reads the turns that the model is shown, and tells the followers if they are not all.
   *
   * @throws ProviderError `CONTEXT_TOO_LONG` when the system prompt and the newest prompt do not fit.
   */
  async readHistory(shown: HistoryOptions): Promise<History> {
    const read = await readNewest(shown);
    if (read.isWhole) return trimmedHistory(read, shown);
    const summarised = this.#sumsUp ? await this.#summarised(read, shown) : undefined;
    if (summarised) return summarised;
    const history = await trimmedHistory(read, shown);
    await this.#tellTrimmed(history);
    return history;
  }

  /** Makes room before a step, where the answer has grown beyond the context. Changes the history. */
  async makeRoom(history: History): Promise<void> {
    const { model, writer } = this.#options;
    const isTooLong = () => writer.contextTokens > model.maxPromptTokens;
    if (!isTooLong()) return;
    const answer = history.turns.at(-1);
    if (answer === undefined) return;
    // A server that reports nonsense must not cost the model its memory.
    const estimated = history.tokens + (await answerTokens(answer));
    if (estimated * 2 < model.maxPromptTokens) return;
    const wanted = () => writer.contextTokens - model.maxPromptTokens * (1 - partOfSummary);
    await this.#foldTurns(history, wanted());
    let isTrimmed = false;
    while (isTooLong()) {
      const before = history.tokens;
      if (!omitOldest(history)) break;
      writer.contextTokens -= before - history.tokens;
      isTrimmed = true;
    }
    let shortened = 0;
    if (isTooLong()) {
      const { results, freed } = await shortenResults(answer, wanted());
      writer.contextTokens -= freed;
      shortened = results;
    }
    if (isTrimmed || shortened > 0) await this.#tellTrimmed(history, shortened);
  }

  /**
   * Makes a prompt shorter that the provider has refused as too long: by half of its earlier turns, or else by results of
   * tools.
   *
   * @throws The error when nothing is left to leave out.
   */
  async afterRefusal(history: History, error: ProviderError): Promise<void> {
    const { model, writer, log } = this.#options;
    const promptTokens = writer.contextTokens;
    model.refusedTokens(promptTokens);
    const half = Math.ceil((history.turns.length - 1) / 2);
    const before = history.tokens;
    if (half > 0 && this.#sumsUp && (await this.#fold(history, half))) {
      writer.contextTokens = promptTokens - before + history.tokens;
      return;
    }
    if (omitOldest(history)) {
      writer.contextTokens = promptTokens - before + history.tokens;
      log.info({ promptTokens, omittedMessages: history.omittedMessages }, 'prompt refused as too long');
      await this.#tellTrimmed(history);
      return;
    }
    const answer = history.turns.at(-1);
    const { results, freed } = answer
      ? await shortenResults(answer, promptTokens / 2)
      : { results: 0, freed: 0 };
    if (results === 0) throw error;
    log.info({ promptTokens, results }, 'prompt refused as too long');
    writer.contextTokens = promptTokens - freed;
    await this.#tellTrimmed(history, results);
  }

  get #sumsUp(): boolean {
    const { model, shared, sessionId } = this.#options;
    return model.contextOverflow === 'SUMMARISE' && !shared.failed.recall(String(sessionId));
  }

  /**
   * The history with a summary in place of the turns that do not fit: an earlier one, or else a new one.
   *
   * @returns Undefined where there is none.
   */
  async #summarised(read: NewestExchanges, shown: HistoryOptions): Promise<History | undefined> {
    const { statements, sessionId, model } = this.#options;
    const { budget, fixedTokens } = read;
    const known = await readSummaries(statements, sessionId);
    const { behind, earlier, isAll } = await walk(read, known);
    const told = async (exchanges: readonly Exchange[], summary: ShownSummary, isNew: boolean) => {
      const omittedMessages = await countOlder(shown, exchanges.at(-1)?.promptId ?? 0);
      const history = toHistory(exchanges, { summary, omittedMessages, fixedTokens }, shown);
      await this.#tellSummary(history, summary, isNew);
      return history;
    };
    if (earlier) {
      const summary = await toShown(earlier);
      if (tokensOf(behind) + summary.tokens <= budget) return told(behind, summary, false);
    }
    const bound = boundOf(budget);
    const room = model.maxPromptTokens - instructionTokens - (earlier?.tokenCount ?? 0);
    const most = { kept: budget - bound - frameTokens, material: room };
    const { kept, material, isCut } = divide(behind, { ...most, wanted: budget * partOfTurns, isAll });
    const [newest] = material;
    if (newest === undefined) return undefined;
    const omittedMessages = await countOlder(shown, kept.at(-1)?.promptId ?? 0);
    const missing = isCut ? await countOlder(shown, material.at(-1)?.promptId ?? 0) : 0;
    const turns = material.toReversed().flatMap(({ turn }) => turn ?? []);
    const summary = await this.#write(
      { earlier: isCut ? null : (earlier?.text ?? null), turns, missing },
      { throughId: newest.lastId, coveredMessages: omittedMessages, bound },
    );
    return summary && told(kept, summary, true);
  }

  /** Sums up as many of the oldest turns as make so many tokens free, where the model does that. */
  async #foldTurns(history: History, wanted: number): Promise<void> {
    if (!this.#sumsUp) return;
    const { writer } = this.#options;
    let count = 0;
    let free = -boundOf(this.#options.model.maxPromptTokens) - frameTokens;
    while (free < wanted && count < history.turns.length - 1) {
      free += history.turnTokens[count] ?? 0;
      count += 1;
    }
    // A summary that is as long as what it stands for helps nobody.
    if (count === 0 || free <= 0) return;
    const before = history.tokens;
    if (await this.#fold(history, count)) writer.contextTokens -= before - history.tokens;
  }

  /** Puts a summary in place of the oldest turns, and of the summary before them. Returns whether there is one. */
  async #fold(history: History, count: number): Promise<boolean> {
    const { model, statements, sessionId } = this.#options;
    const turns = history.turns.slice(0, count);
    const folded = turns.at(-1);
    const bound = boundOf(model.maxPromptTokens);
    if (folded === undefined || bound === 0) return false;
    const place = await statements.get(linePlaceOf, [folded.lastId, sessionId]);
    const { summary: before, omittedMessages } = history;
    const missing = Math.max(0, omittedMessages - (before?.coveredMessages ?? 0));
    const summary = await this.#write(
      { earlier: before?.text ?? null, turns, missing },
      { throughId: folded.lastId, coveredMessages: place?.messages ?? omittedMessages, bound },
    );
    if (summary === undefined) return false;
    history.turns.splice(0, count);
    const freed = history.turnTokens.splice(0, count).reduce((sum, each) => sum + each, before?.tokens ?? 0);
    history.tokens += summary.tokens - freed;
    history.summary = summary;
    history.omittedMessages = summary.coveredMessages;
    await this.#tellSummary(history, summary, true);
    return true;
  }

  /**
   * Asks the model for a summary and stores it. Its tokens are tokens of the run.
   *
   * @param bound The most tokens of the summary.
   * @returns Undefined where the model wrote no summary that can be used.
   */
  async #write(
    material: Material,
    { bound, ...covered }: { throughId: number; coveredMessages: number; bound: number },
  ): Promise<ShownSummary | undefined> {
    const { shared, model, writer, callLimits, signal, log, sessionId } = this.#options;
    if (bound === 0) return undefined;
    await writer.write({ type: 'ContextCompactionStarted', omittedMessages: covered.coveredMessages });
    const before = writer.usage;
    const { text, failure, usage } = await askForText({
      model,
      instructions: summaryInstructions(Math.floor(bound / 2)),
      material: writeMaterial(material),
      mostCharacters: bound * 8,
      timeoutMs: shared.summaryTimeoutMs,
      limits: callLimits,
      signal,
      onSend: (sent) => {
        writer.usage = addUsage(before, sent);
      },
    });
    writer.usage = addUsage(before, usage);
    await writer.write({ type: 'UsageReported', usage: writer.usage, step: usage });
    const isTooLong = text !== undefined && (await countTokens(text)) > bound;
    if (text === undefined || isTooLong) {
      shared.failed.remember(String(sessionId), true);
      const reason = failure ?? 'the text is too long';
      log.warn({ reason }, 'older messages could not be summed up, so they are left out');
      return undefined;
    }
    const summary = { ...covered, text, tokens: await summaryTokens(text) };
    await this.#save(summary);
    log.info({ omittedMessages: covered.coveredMessages }, 'older messages were summed up');
    return summary;
  }

  async #save(summary: ShownSummary): Promise<void> {
    const { model, writer, log } = this.#options;
    const { runId, hold } = writer;
    try {
      await saveSummary(summary, model, { ...this.#options, runId, hold });
    } catch (error) {
      // The run needs it in memory only. The next one writes it again.
      log.warn({ err: error }, 'a summary could not be stored');
    }
  }

  async #tellSummary({ omittedMessages }: History, summary: ShownSummary, isNew: boolean): Promise<void> {
    const { text, throughId } = summary;
    const body = { summary: text, throughMessageId: throughId, isNew, omittedMessages };
    await this.#options.writer.write({ type: 'ContextCompacted', ...body });
  }

  async #tellTrimmed({ omittedMessages }: History, shortenedResults = 0): Promise<void> {
    await this.#options.writer.write({ type: 'ContextTrimmed', omittedMessages, shortenedResults });
  }
}
