import type { LanguageModelV3FunctionTool } from '@ai-sdk/provider';
import type { Logger } from 'pino';
import { goneTools } from '../history/gone-tools.ts';
import type { History } from '../history/history.ts';
import { omitOldest } from '../history/omit-oldest.ts';
import { writePrompt } from '../history/write-prompt.ts';
import { type ModelNeeds, needIn } from '../models/model-needs.ts';
import { ProviderError } from '../models/provider-error.ts';
import type { RunLimits } from './run-limits.ts';
import { runStep, type Step, type StepOptions } from './step.ts';

export interface FittingStepOptions extends Pick<StepOptions, 'model' | 'writer' | 'signal'> {
  systemPrompt: string | null;
  history: History;
  /** The tools that nodes offer now. */
  offered: LanguageModelV3FunctionTool[];
  limits: RunLimits;
  log: Logger;
}

/**
 * Runs one step, and asks again in another way when the provider says what is wrong with the prompt:
 *
 * - it is too long: leaves out the older half of the earlier turns, because the gateway's token counts are estimates,
 *   and some servers have a smaller context than they say;
 * - it has tools, and only the history needs them: tells the tool calls as text;
 * - an answer in it has no reasoning: names the missing reasoning.
 *
 * @throws ProviderError `CONTEXT_TOO_LONG` when the newest turn alone is too long.
 */
export async function runFittingStep(options: FittingStepOptions): Promise<Step> {
  const { model, systemPrompt, history, writer, limits, signal } = options;
  for (;;) {
    const gone = goneTools(history.turns, options.offered);
    const { callsAsText, reasoningInEach } = model.needs();
    const tellsCalls = callsAsText && options.offered.length === 0;
    const { providerName, modelName } = model;
    const target = { providerName, modelName, callsAsText: tellsCalls, reasoningInEach };
    const prompt = writePrompt(systemPrompt, history.turns, target);
    const offered = tellsCalls ? [] : [...options.offered, ...gone];
    const { contextTokens: promptTokens, lastSeq } = writer;
    try {
      return await runStep({ model, prompt, offered, writer, limits: limits.call, signal });
    } catch (error) {
      // An answer that has begun cannot begin again.
      if (!(error instanceof ProviderError) || writer.lastSeq > lastSeq) throw error;
      if (error.code === 'CONTEXT_TOO_LONG') await shorten(error, promptTokens, options);
      else if (error.code === 'PROVIDER_REJECTED') learnNeed(error, { target, gone, ...options });
      else throw error;
    }
  }
}

/** @throws the error when nothing is left to leave out. */
async function shorten(
  error: ProviderError,
  promptTokens: number,
  options: FittingStepOptions,
): Promise<void> {
  const { model, history, writer, log } = options;
  model.refusedTokens(promptTokens);
  if (!(await omitOldest(history))) throw error;
  log.info({ promptTokens, omittedMessages: history.omittedMessages }, 'prompt refused as too long');
  writer.contextTokens = history.tokens;
  await writer.write({ type: 'ContextTrimmed', omittedMessages: history.omittedMessages });
}

type Refused = FittingStepOptions & { target: ModelNeeds; gone: LanguageModelV3FunctionTool[] };

/** @throws the error when it tells no need, or one that was met, or one of the tools that nodes offer. */
function learnNeed(error: ProviderError, { target, gone, offered, model, log }: Refused): void {
  const need = needIn(error.message);
  const onlyGone = offered.length === 0 && gone.length > 0;
  if (need === undefined || target[need] || (need === 'callsAsText' && !onlyGone)) throw error;
  model.learnNeed(need);
  log.info({ need }, 'prompt refused, and written in another way');
}
