import { dataFrame, type WireFormat } from './format.ts';
import type { ErrorWords, UsageStep } from './turn.ts';

const finishReasons = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
};

/** Chat Completions, with DeepSeek's `reasoning_content` and the signatures of Gemini's compatible address. */
export function createOpenAIFormat(model: string, usage: UsageStep): WireFormat {
  let toolCalls = 0;
  const chunk = (delta: object, finishReason: string | null = null) =>
    dataFrame({ ...head, choices: [{ index: 0, delta, finish_reason: finishReason }] });
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model };

  return {
    content(step) {
      switch (step.type) {
        case 'text':
          return step.deltas.map((content) => chunk({ content }));
        case 'reasoning':
          return step.deltas.map((each) => chunk({ reasoning_content: each }));
        case 'toolCall': {
          const index = toolCalls++;
          const named = { name: step.name, arguments: '' };
          const { id, signature } = step;
          const extra = signature && { extra_content: { google: { thought_signature: signature } } };
          const call = { index, id, type: 'function', function: named, ...extra };
          const fragments = step.fragments.map((each) => ({ index, function: { arguments: each } }));
          return [call, ...fragments].map((each) => chunk({ tool_calls: [each] }));
        }
      }
    },
    finish(reason) {
      const usageChunk = dataFrame({ ...head, choices: [], usage: usageOf(usage) });
      return [chunk({}, finishReasons[reason]), ...(usage.reported ? [usageChunk] : []), 'data: [DONE]\n\n'];
    },
    error: (words) => dataFrame(errorOf(words)),
    errorBody: (status, words) => JSON.stringify(errorOf({ message: `HTTP ${status}`, ...words })),
  };
}

function usageOf(usage: UsageStep): object {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  };
}

function errorOf({ message = 'The model failed.', type, code }: ErrorWords): object {
  return { error: { message, type: type ?? null, param: null, code: code ?? null } };
}
