import type { ContentStep, ErrorWords, FinishReason, UsageStep } from './turn.ts';

/** One provider's wire format, for one response. Every string is a whole server-sent frame. */
export interface WireFormat {
  content(step: ContentStep): string[];
  finish(reason: FinishReason): string[];
  error(words: ErrorWords): string;
  /** The body of a response that refuses the request. */
  errorBody(status: number, words: ErrorWords): string;
}

export type FormatName = 'openai' | 'openai-responses' | 'anthropic' | 'google';

export type CreateFormat = (modelName: string, usage: UsageStep) => WireFormat;

export function dataFrame(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
