import { dataFrame, type WireFormat } from './format.ts';
import type { ContentStep, ErrorWords, UsageStep } from './turn.ts';

const finishReasons = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  'tool-calls': 'STOP',
  'content-filter': 'SAFETY',
};

/** `streamGenerateContent` with `alt=sse`. */
export function createGoogleFormat(model: string, usage: UsageStep): WireFormat {
  const chunk = (parts: object[], more: object = {}) =>
    dataFrame({
      candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
      ...(usage.reported ? { usageMetadata: usageOf(usage) } : {}),
      modelVersion: model,
      responseId: 'response-1',
    });

  return {
    content: (step) => partsOf(step).map((part) => chunk([part])),
    finish: (reason) => [chunk([{ text: '' }], { finishReason: finishReasons[reason] })],
    error: (words) => dataFrame(errorOf(500, words)),
    errorBody: (status, words) => JSON.stringify(errorOf(status, words)),
  };
}

function partsOf(step: ContentStep): object[] {
  switch (step.type) {
    case 'text':
      return step.deltas.map((text) => ({ text }));
    case 'reasoning':
      return step.deltas.map((text) => ({ text, thought: true }));
    case 'toolCall':
      return [
        {
          functionCall: { id: step.id, name: step.name, args: JSON.parse(step.fragments.join('')) },
          ...(step.signature !== undefined && { thoughtSignature: step.signature }),
        },
      ];
  }
}

function usageOf({ input, output, cached, reasoning }: UsageStep): object {
  return {
    promptTokenCount: input,
    candidatesTokenCount: output - reasoning,
    thoughtsTokenCount: reasoning,
    cachedContentTokenCount: cached,
    totalTokenCount: input + output,
  };
}

function errorOf(
  status: number,
  { code = status, message = `HTTP ${status}`, type = 'UNKNOWN' }: ErrorWords,
): object {
  return { error: { code: Number(code), message, status: type } };
}
