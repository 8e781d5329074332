import type {
  LanguageModelV3FunctionTool,
  LanguageModelV3Message,
  LanguageModelV3StreamPart,
} from '@ai-sdk/provider';
import type { Feed } from '../../base/feed.ts';
import type { FinishReason } from '../../generated/prisma/enums.ts';
import { Transcript } from '../history/transcript.ts';
import type { RunWriter } from '../log/run-writer.ts';
import { type CallHooks, type CallLimits, callModel } from '../models/call/call-model.ts';
import type { CallOptions } from '../models/call/model-call.ts';
import type { Retry } from '../models/call/retry.ts';
import { isRefusal } from '../models/failure/is-refusal.ts';
import type { ResolvedModel } from '../models/models.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import { addUsage, noUsage, reportedCounts, type TokenCounts } from '../usage/usage.ts';
import { StepDeltas } from './step-deltas.ts';

export interface StepOptions {
  model: ResolvedModel;
  prompt: LanguageModelV3Message[];
  offered: LanguageModelV3FunctionTool[];
  /** Opens the files of the prompt. */
  openFile: CallOptions['openFile'];
  /** Waits until the files may be sent. Undefined where there are no files. */
  admit: CallHooks['admit'];
  writer: RunWriter;
  limits: CallLimits;
  signal: AbortSignal;
}

export interface Step {
  transcript: Transcript;
  /** Why the model stopped. */
  finishReason: FinishReason;
}

/**
 * Calls the model once and writes its answer to the run's log as it arrives. The tokens are counted even when the call
 * fails or is cancelled, but not when it is refused. Without a report of the provider, they are estimated.
 */
export async function runStep(options: StepOptions): Promise<Step> {
  const { model, writer, signal } = options;
  signal.throwIfAborted();
  const { usage: usageBefore, contextTokens: promptTokens } = writer;
  const offsets = { text: writer.content.length, reasoning: writer.reasoning.length };
  const transcript = new Transcript(writer.callIds, offsets);
  writer.usage = addUsage(usageBefore, { ...counted(promptTokens, 0, 0), measured: false });
  let finish: Finish | undefined;
  let refused = false;
  let own = noUsage(model);
  const deltas = new StepDeltas(writer, transcript);
  try {
    try {
      const onRetry = (retry: Retry) => writer.write({ type: 'ModelRetryScheduled', ...retry });
      const { admit } = options;
      await takeAll(callModel(...callOptions(options), { onRetry, admit }), (part) => {
        if (part.type === 'finish') finish = part;
        return deltas.add(part);
      });
    } finally {
      await deltas.flush();
    }
  } catch (error) {
    refused = transcript.isEmpty && isRefusal(error);
    throw error;
  } finally {
    const reported = finish && reportedCounts(finish.usage);
    const counts = reported ?? (await estimate(promptTokens, transcript));
    own = addUsage(noUsage(model), { ...counts, measured: reported !== undefined });
    const usage = addUsage(usageBefore, own);
    writer.usage = refused ? usageBefore : usage;
    writer.contextTokens = refused ? promptTokens : counts.inputTokens + counts.outputTokens;
  }
  await writer.write({ type: 'UsageReported', usage: writer.usage, step: own });
  return { transcript, finishReason: finishReasons[finish?.finishReason.unified ?? 'other'] };
}

/**
 * Hands over the parts of an answer as they come, without a promise for each of them.
 *
 * @param use Returns a promise where the next part must wait for it.
 */
async function takeAll(
  feed: Feed<LanguageModelV3StreamPart[]>,
  use: (part: LanguageModelV3StreamPart) => Promise<unknown> | undefined,
): Promise<void> {
  try {
    for (;;) {
      const next = feed.take();
      if (!next) {
        await feed.wait();
        continue;
      }
      if (next.done) return;
      for (const part of next.value) {
        const used = use(part);
        if (used) await used;
      }
    }
  } finally {
    await feed.return();
  }
}

type Finish = Extract<LanguageModelV3StreamPart, { type: 'finish' }>;

const finishReasons: Record<Finish['finishReason']['unified'], FinishReason> = {
  stop: 'STOP',
  length: 'LENGTH',
  'content-filter': 'CONTENT_FILTER',
  'tool-calls': 'STOP',
  error: 'OTHER',
  other: 'OTHER',
};

function callOptions({ model, prompt, offered, openFile, limits, signal }: StepOptions) {
  const request = model.request({ prompt, tools: offered });
  return [model.languageModel, { ...request, abortSignal: signal, openFile }, limits] as const;
}

async function estimate(promptTokens: number, transcript: Transcript): Promise<TokenCounts> {
  const reasoningTokens = await countTokens(transcript.reasoning);
  const calls = transcript.calls.map(({ name, input }) => name + input).join('');
  const outputTokens = reasoningTokens + (await countTokens(transcript.text)) + (await countTokens(calls));
  return counted(promptTokens, outputTokens, reasoningTokens);
}

function counted(inputTokens: number, outputTokens: number, reasoningTokens: number): TokenCounts {
  return { inputTokens, outputTokens, reasoningTokens, cachedInputTokens: 0, cacheWriteInputTokens: 0 };
}
