import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3StreamPart,
  LanguageModelV3StreamResult,
} from '@ai-sdk/provider';
import type { Attributes, Span, Traces } from '../../traces/traces.ts';
import { failureOf } from './call/model-call.ts';
import { classifyProviderError } from './failure/classify-provider-error.ts';
import { ProviderError } from './failure/provider-error.ts';
import type { Models, ResolvedModel } from './models.ts';

/**
 * Gives each request to a model a span of its own, a repeated one too, and tells the server of the model which span that
 * is. The spans hold no text of a prompt or an answer. The address of the server is left out, because it is secret.
 */
export function traceModels(models: Models, traces: Traces): Models {
  return {
    list: () => models.list(),
    async resolve(choice) {
      const model = await models.resolve(choice);
      return { ...model, languageModel: traceModel(model, traces) };
    },
  };
}

function traceModel({ languageModel: model, ...name }: ResolvedModel, traces: Traces): LanguageModelV3 {
  return {
    specificationVersion: model.specificationVersion,
    provider: model.provider,
    modelId: model.modelId,
    supportedUrls: model.supportedUrls,
    doGenerate: (options) => model.doGenerate(options),
    async doStream(options) {
      const attributes = requestAttributes(name, options);
      const span = traces.start(`chat ${name.modelName}`, { kind: 'client', attributes });
      const call = new TracedCall(span, options.abortSignal);
      try {
        const headers = { ...options.headers, ...span.context };
        const result = await traces.within(span, () => model.doStream({ ...options, headers }));
        return { ...result, stream: call.watch(result.stream) };
      } catch (error) {
        call.fail(error);
        throw error;
      }
    },
  };
}

/** A request until its response has ended. */
class TracedCall {
  readonly #span: Span;
  readonly #signal: AbortSignal | undefined;
  #isOver = false;

  constructor(span: Span, signal: AbortSignal | undefined) {
    this.#span = span;
    this.#signal = signal;
  }

  /** The stream, part by part as it is read. */
  watch(stream: LanguageModelV3StreamResult['stream']): LanguageModelV3StreamResult['stream'] {
    const reader = stream.getReader();
    return new ReadableStream<LanguageModelV3StreamPart>(
      {
        pull: async (controller) => {
          try {
            const { done, value } = await reader.read();
            if (done) {
              this.fail(new ProviderError('PROVIDER_STREAM_CUT'));
              controller.close();
            } else {
              this.#take(value);
              controller.enqueue(value);
            }
          } catch (error) {
            this.fail(error);
            controller.error(error);
          }
        },
        cancel: (reason) => {
          this.fail(reason);
          return reader.cancel(reason);
        },
      },
      // The reader of this stream decides when the next part is read.
      { highWaterMark: 0 },
    );
  }

  #take(part: LanguageModelV3StreamPart): void {
    if (part.type === 'response-metadata') {
      this.#span.set({ 'gen_ai.response.id': part.id, 'gen_ai.response.model': part.modelId });
    }
    const failure = failureOf(part);
    if (failure) this.fail(failure);
    else if (part.type === 'finish') {
      this.#span.set(responseAttributes(part));
      this.#end();
    }
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#span.fail(this.#typeOf(error));
    this.#end();
  }

  /** A call that was stopped fails because of that, whatever the connection says then. */
  #typeOf(error: unknown): string {
    if (!this.#signal?.aborted) return classifyProviderError(error, 'INTERNAL').code;
    const { reason } = this.#signal;
    return reason instanceof ProviderError ? reason.code : 'CANCELLED';
  }

  #end(): void {
    this.#isOver = true;
    this.#span.end();
  }
}

/** What the conventions call a provider. One that they do not know keeps its name. */
export function conventionalName(providerName: string): string {
  return providerName === 'google' ? 'gcp.gemini' : providerName;
}

function requestAttributes(
  { providerName, modelName }: Pick<ResolvedModel, 'providerName' | 'modelName'>,
  { temperature, maxOutputTokens }: LanguageModelV3CallOptions,
): Attributes {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': conventionalName(providerName),
    'gen_ai.request.model': modelName,
    'gen_ai.request.temperature': temperature,
    'gen_ai.request.max_tokens': maxOutputTokens,
  };
}

function responseAttributes({
  usage: { inputTokens, outputTokens },
  finishReason,
}: Extract<LanguageModelV3StreamPart, { type: 'finish' }>): Attributes {
  return {
    'gen_ai.response.finish_reasons': [finishReason.unified],
    'gen_ai.usage.input_tokens': inputTokens.total,
    'gen_ai.usage.output_tokens': outputTokens.total,
    'gen_ai.usage.cache_read.input_tokens': inputTokens.cacheRead,
    'gen_ai.usage.cache_creation.input_tokens': inputTokens.cacheWrite,
    'gen_ai.usage.reasoning.output_tokens': outputTokens.reasoning,
  };
}
