import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV3, LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { callModel } from '../../../src/chat/models/call-model.ts';
import type { ModelServer } from './model-server.ts';

export const apiKey = 'sk-alice-0123456789abcdefghij';

const models = {
  'openai-compatible': ({ openaiUrl }: ModelServer) =>
    createOpenAICompatible({ name: 'local', baseURL: openaiUrl, apiKey, includeUsage: true })('tiny'),
  openai: ({ openaiUrl }: ModelServer) => createOpenAI({ apiKey, baseURL: openaiUrl }).responses('tiny'),
  anthropic: ({ anthropicUrl }: ModelServer) =>
    createAnthropic({ apiKey, baseURL: anthropicUrl })('claude-haiku-4-5'),
  google: ({ googleUrl }: ModelServer) =>
    createGoogleGenerativeAI({ apiKey, baseURL: googleUrl })('gemini-2.5-flash'),
};

export type TestedProvider = keyof typeof models;

/** A model of the real provider package that calls the scripted server. */
export function modelOf(server: ModelServer, provider: TestedProvider): LanguageModelV3 {
  return models[provider](server);
}

export interface CallSetup {
  signal?: AbortSignal;
  /** Default: 10 s. */
  idleTimeoutMs?: number;
  /** Default: 0. */
  maxRetries?: number;
}

export function call(model: LanguageModelV3, setup: CallSetup = {}) {
  return callModel(
    model,
    {
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hello from Alice' }] }],
      abortSignal: setup.signal ?? new AbortController().signal,
    },
    {
      idleTimeoutMs: setup.idleTimeoutMs ?? 10_000,
      maxRetries: setup.maxRetries ?? 0,
      maxAnswerBytes: 4_194_304,
    },
  );
}

/** Reads a call to its end. Returns its text, and its error if it threw one. */
export async function outcome(parts: AsyncIterable<LanguageModelV3StreamPart>) {
  let answer = '';
  try {
    for await (const part of parts) if (part.type === 'text-delta') answer += part.delta;
    return { answer, error: undefined };
  } catch (error) {
    return { answer, error };
  }
}

export async function allParts(parts: AsyncIterable<LanguageModelV3StreamPart>) {
  const collected: LanguageModelV3StreamPart[] = [];
  for await (const part of parts) collected.push(part);
  return collected;
}
