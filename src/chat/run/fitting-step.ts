import type { LanguageModelV3FunctionTool, LanguageModelV3Message } from '@ai-sdk/provider';
import type { Logger } from 'pino';
import type { Compaction } from '../compaction/compaction.ts';
import { type FileStore, readAttachedFiles } from '../history/attached-files.ts';
import { goneTools } from '../history/gone-tools.ts';
import type { History } from '../history/history.ts';
import { shownTurns } from '../history/shown-summary.ts';
import { writePrompt } from '../history/write-prompt.ts';
import type { RunWriter } from '../log/run-writer.ts';
import { ProviderError } from '../models/failure/provider-error.ts';
import { type ModelNeed, needIn } from '../models/refusals/model-needs.ts';
import type { RunLimits } from './run-limits.ts';
import { runStep, type Step, type StepOptions } from './step.ts';

export interface FittingStepOptions extends Pick<StepOptions, 'model' | 'writer' | 'signal'> {
  systemPrompt: string | null;
  history: History;
  compaction: Compaction;
  /** The tools that nodes offer now. */
  offered: LanguageModelV3FunctionTool[];
  limits: RunLimits;
  /** The bytes of attachments. */
  fileStore: FileStore;
  /** Waits until so many bytes of attachments may be sent. They count as being sent until the result is disposed. */
  admitFiles(bytes: number): Promise<Disposable>;
  log: Logger;
}

/**
 * Runs one step, and asks again in another way when the provider says what is wrong with the prompt:
 *
 * - it is too long: leaves out or sums up the older half of the earlier turns, because the gateway's token counts are
 *   estimates, and some servers have a smaller context than they say;
 * - it has tools: asks without tools, and tells earlier tool calls as text;
 * - an answer in it has no reasoning: names the missing reasoning;
 * - an answer in it has reasoning: leaves it out;
 * - it has a system message: tells the system prompt with the first prompt;
 * - it has files: a sentence stands for those of earlier prompts.
 *
 * @throws ProviderError `CONTEXT_TOO_LONG` when the newest turn alone is too long.
 */
export async function runFittingStep(options: FittingStepOptions): Promise<Step> {
  const { model, systemPrompt, history, compaction, writer, limits, signal, log } = options;
  const { fileStore } = options;
  const tried = new Map<ModelNeed, ProviderError>();
  for (;;) {
    const needs = { ...model.needs(), ...Object.fromEntries([...tried.keys()].map((need) => [need, true])) };
    const { providerName, modelName } = model;
    const files = await readAttachedFiles(history.turns, {
      takes: (mimeType) => !needs.noFiles && model.takes(mimeType),
      maxBytes: limits.maxSentBytes,
      store: fileStore,
    });
    const target = { providerName, modelName, ...needs };
    const prompt = await writePrompt(systemPrompt, shownTurns(history), target, files.parts);
    const gone = goneTools(history.turns, options.offered);
    const offered = needs.callsAsText ? [] : [...options.offered, ...gone];
    const said = lengthOf(writer);
    const openFile = fileStore.open.bind(fileStore);
    const admit = files.bytes > 0 ? () => options.admitFiles(files.bytes) : undefined;
    const request = { model, prompt, offered, openFile, admit };
    try {
      const step = await runStep({ ...request, writer, limits: limits.call, signal });
      for (const need of tried.keys()) model.learnNeed(need);
      return step;
    } catch (error) {
      // An answer that has begun cannot begin again.
      if (!(error instanceof ProviderError) || lengthOf(writer) > said) throw error;
      if (error.code === 'CONTEXT_TOO_LONG') {
        await compaction.afterRefusal(history, error);
        continue;
      }
      const need = error.code === 'PROVIDER_REJECTED' ? needIn(error.message) : undefined;
      const isNew = need !== undefined && !needs[need] && isConcerned(need, prompt, offered.length);
      // Nobody wants an answer to a prompt without its files. The next prompt with files is refused before it is sent.
      if (need === 'noFiles' && isNew && hasFiles(prompt.findLast(({ role }) => role === 'user'))) {
        model.learnNeed(need);
        throw error;
      }
      // What was tried did not help: the first refusal says most.
      if (!isNew) throw [...tried.values()][0] ?? error;
      tried.set(need, error);
      log.info({ need }, 'prompt refused, and written in another way');
    }
  }
}

/** Whether the prompt has what the model refuses. Otherwise it would be the same when it is written in another way. */
function isConcerned(need: ModelNeed, prompt: LanguageModelV3Message[], tools: number): boolean {
  if (need === 'callsAsText') return tools > 0;
  if (need === 'noFiles') return prompt.some(hasFiles);
  return need !== 'systemInPrompt' || prompt[0]?.role === 'system';
}

function hasFiles(message: LanguageModelV3Message | undefined): boolean {
  return message?.role === 'user' && message.content.some(({ type }) => type === 'file');
}

/** How much of the answer has arrived. */
function lengthOf({ content, reasoning, callIds }: RunWriter): number {
  return content.length + reasoning.length + callIds.size;
}
