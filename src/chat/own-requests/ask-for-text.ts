import type { Turn } from '../history/answer-step.ts';
import { writePrompt } from '../history/write-prompt.ts';
import { type CallLimits, callModel } from '../models/call/call-model.ts';
import { isRefusal } from '../models/failure/is-refusal.ts';
import { ProviderError } from '../models/failure/provider-error.ts';
import type { ResolvedModel } from '../models/models.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import { addUsage, noUsage, reportedCounts, type Usage } from '../usage/usage.ts';

/** A text that the gateway itself wants of a model. */
export interface OwnRequest {
  model: ResolvedModel;
  /** What the model shall do. */
  instructions: string;
  /** What it shall do it with. */
  material: string;
  /** The longest text that is taken, in UTF-16 code units. */
  mostCharacters: number;
  /** How long the model may take, with all retries, in milliseconds. */
  timeoutMs: number;
  limits: CallLimits;
  /** Aborts when nobody wants the text any more. */
  signal: AbortSignal;
  /** Is told the estimated tokens of the request before it is sent, for the case that the gateway is killed. */
  onSend?: (usage: Usage) => void;
}

export interface OwnAnswer {
  /** Undefined where there is no text that can be used. */
  text: string | undefined;
  /** Why not, for the log of the gateway. */
  failure?: string | undefined;
  /** The tokens that it has cost, also where there is no text. */
  usage: Usage;
}

/**
 * Asks a model for a text, without tools and bound to no schema. A text that was cut, that is blank or longer than wanted,
 * and a model that fails or takes too long: all of that is an answer without a text.
 *
 * @throws The reason of the signal when it aborts.
 */
export async function askForText(request: OwnRequest): Promise<OwnAnswer> {
  const { model, signal, timeoutMs, limits, mostCharacters, instructions, material } = request;
  signal.throwIfAborted();
  const sent = { inputTokens: await countTokens(instructions + material), outputTokens: 0 };
  const usageOf = (counts: Partial<Usage>, measured: boolean) =>
    addUsage(noUsage(model), { ...noUsage(model), ...counts, measured });
  request.onSend?.(usageOf(sent, false));
  const ends = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let text = '';
  /** Of the reasoning, which costs tokens, too. */
  let characters = 0;
  try {
    const options = { ...model.requestText(await questionOf(request)), abortSignal: ends };
    for await (const parts of callModel(model.languageModel, options, limits)) {
      for (const part of parts) {
        if (part.type === 'text-delta') text += part.delta;
        else if ('delta' in part) characters += part.delta.length;
        if (part.type !== 'finish') continue;
        const reported = reportedCounts(part.usage);
        const usage = reported
          ? usageOf(reported, true)
          : usageOf({ ...sent, outputTokens: await outputTokens(text, characters) }, false);
        const failure = faultOf(text, part.finishReason.unified, mostCharacters);
        return failure === undefined ? { text: text.trim(), usage } : { text: undefined, failure, usage };
      }
      if (text.length > mostCharacters) break;
    }
    const usage = usageOf({ ...sent, outputTokens: await outputTokens(text, characters) }, false);
    return { text: undefined, failure: 'the text is too long', usage };
  } catch (error) {
    signal.throwIfAborted();
    const isFree = text === '' && characters === 0 && isRefusal(error);
    const usage = isFree
      ? noUsage(model)
      : usageOf({ ...sent, outputTokens: await outputTokens(text, characters) }, false);
    return { text: undefined, failure: ends.aborted ? 'the model took too long' : nameOf(error), usage };
  }
}

async function questionOf({ model, instructions, material }: OwnRequest) {
  const { providerName, modelName } = model;
  const turn: Turn = { prompt: material, files: [], lastId: 0, answerId: 0, steps: [], unfinished: null };
  const prompt = await writePrompt(instructions, [turn], { providerName, modelName, ...model.needs() });
  return { prompt, tools: [] };
}

function faultOf(text: string, finishReason: string, mostCharacters: number): string | undefined {
  if (finishReason !== 'stop') return `the answer ended with ${finishReason}`;
  if (text.trim() === '') return 'the answer is empty';
  return text.length > mostCharacters ? 'the text is too long' : undefined;
}

/** English has four characters a token. */
async function outputTokens(text: string, otherCharacters: number): Promise<number> {
  return (await countTokens(text)) + Math.ceil(otherCharacters / 4);
}

/** What happened, without the words of the provider, which may quote the request. */
function nameOf(error: unknown): string {
  if (error instanceof ProviderError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
