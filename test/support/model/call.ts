import type { LanguageModelV3, LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { callModel } from '../../../src/chat/models/call/call-model.ts';
import { createModelProviders } from '../../../src/chat/models/model-providers.ts';
import type { ModelServer } from './model-server.ts';

export const apiKey = 'sk-alice-0123456789abcdefghij';

const modelNames = {
  'openai-compatible': 'tiny',
  openai: 'tiny',
  anthropic: 'claude-haiku-4-5',
  google: 'gemini-2.5-flash',
};

export type TestedProvider = keyof typeof modelNames;

/** The providers of each server. Models of one provider share its connections. */
const providersOf = new WeakMap<ModelServer, ReturnType<typeof createModelProviders>>();

/** A model of the gateway's own provider that calls the scripted server. */
export async function modelOf(server: ModelServer, provider: TestedProvider): Promise<LanguageModelV3> {
  const providers = providersOf.get(server) ?? createProviders(server);
  providersOf.set(server, providers);
  const found = providers.get(provider);
  if (found === undefined) throw new Error(`There is no provider ${provider}.`);
  return found.languageModel(modelNames[provider]);
}

function createProviders({ openaiUrl, anthropicUrl, googleUrl }: ModelServer) {
  return createModelProviders({
    demo: { delayMs: 0 },
    openai: { apiKey, baseUrl: openaiUrl },
    openaiCompatible: { apiKey, baseUrl: openaiUrl },
    anthropic: { apiKey, baseUrl: anthropicUrl },
    google: { apiKey, baseUrl: googleUrl },
  });
}

export interface CallSetup {
  signal?: AbortSignal;
  /** Default: 10 s. */
  idleTimeoutMs?: number;
  /** Default: 0. */
  maxRetries?: number;
}

export function call(model: LanguageModelV3 | Promise<LanguageModelV3>, setup: CallSetup = {}) {
  return model instanceof Promise ? callWhenCreated(model, setup) : callCreated(model, setup);
}

async function* callWhenCreated(model: Promise<LanguageModelV3>, setup: CallSetup) {
  yield* callCreated(await model, setup);
}

async function* callCreated(model: LanguageModelV3, setup: CallSetup) {
  const calls = callModel(
    model,
    {
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hello from Alice' }] }],
      abortSignal: setup.signal ?? new AbortController().signal,
    },
    {
      idleTimeoutMs: setup.idleTimeoutMs ?? 10_000,
      maxRetries: setup.maxRetries ?? 0,
      maxRetryWaitMs: 60_000,
      maxAnswerBytes: 4_194_304,
    },
  );
  for await (const parts of calls) yield* parts;
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
