import type { LanguageModelV3FunctionTool } from '@ai-sdk/provider';
import type { Logger } from 'pino';
import { goneTools } from '../history/gone-tools.ts';
import type { History } from '../history/history.ts';
import { omitOldest } from '../history/omit-oldest.ts';
import { writePrompt } from '../history/write-prompt.ts';
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
 * Runs one step. When the provider says that the prompt is too long, leaves out the older half of the earlier turns and
 * asks again: the gateway's token counts are estimates, and some servers have a smaller context than they say.
 *
 * @throws ProviderError `CONTEXT_TOO_LONG` when the newest turn alone is too long.
 */
export async function runFittingStep(options: FittingStepOptions): Promise<Step> {
  const { model, systemPrompt, history, writer, limits, signal, log } = options;
  for (;;) {
    const prompt = writePrompt(systemPrompt, history.turns, model);
    const offered = [...options.offered, ...goneTools(history.turns, options.offered)];
    const promptTokens = writer.contextTokens;
    try {
      return await runStep({ model, prompt, offered, writer, limits: limits.call, signal });
    } catch (error) {
      if (!(error instanceof ProviderError) || error.code !== 'CONTEXT_TOO_LONG') throw error;
      model.refusedTokens(promptTokens);
      if (!(await omitOldest(history))) throw error;
      log.info({ promptTokens, omittedMessages: history.omittedMessages }, 'prompt refused as too long');
      writer.contextTokens = history.tokens;
      await writer.write({ type: 'ContextTrimmed', omittedMessages: history.omittedMessages });
    }
  }
}
