import type { LanguageModelV3 } from '@ai-sdk/provider';
import { boundedFetch } from './bounded-fetch.ts';
import { createDemoModel, demoModel } from './demo/demo-model.ts';
import { type CatalogModel, type CatalogProviderName, modelCatalog } from './model-catalog.ts';
import { createModelListing } from './model-listing.ts';
import { anthropicDialect } from './settings/anthropic.ts';
import { demoDialect } from './settings/demo.ts';
import { googleDialect } from './settings/google.ts';
import type { ModelDialect } from './settings/model-dialect.ts';
import { openaiDialect } from './settings/openai.ts';
import { compatibleDialect } from './settings/openai-compatible.ts';

/** All providers, configured or not. The first configured one is the default. */
const providerNames = ['openai-compatible', 'openai', 'anthropic', 'google', 'demo'] as const;

type ProviderName = (typeof providerNames)[number];

/** A provider on the internet. `baseUrl` is for proxies; default: the provider's own address. */
interface HostedProvider {
  apiKey: string;
  baseUrl?: string | undefined;
}

/** A server that speaks OpenAI's Chat Completions: Ollama, vLLM, llama.cpp, DeepSeek and many more. */
interface CompatibleServer {
  baseUrl: string;
  apiKey?: string | undefined;
}

export interface ProvidersOptions {
  /** `delayMs`: the pause before each word of the demo model. */
  demo: { delayMs: number };
  openai?: HostedProvider | undefined;
  openaiCompatible?: CompatibleServer | undefined;
  anthropic?: HostedProvider | undefined;
  google?: HostedProvider | undefined;
}

export interface ModelProvider {
  /** The known models, the default first. Rejects when the provider must be asked for them and does not answer. */
  models(): Promise<readonly CatalogModel[]>;
  accepts(modelName: string): boolean;
  /** The most tokens of an answer, if a request must state a number. */
  maxOutputTokens?: number;
  /** How its models are told settings. */
  dialect: ModelDialect;
  languageModel(modelName: string): Promise<LanguageModelV3>;
}

/** Creates the configured providers. Their packages are imported when one of their models is first used. */
export function createModelProviders(options: ProvidersOptions): ReadonlyMap<string, ModelProvider> {
  const providers: Record<ProviderName, ModelProvider | undefined> = {
    'openai-compatible': options.openaiCompatible && openaiCompatible(options.openaiCompatible),
    openai: options.openai && openai(options.openai),
    anthropic: options.anthropic && anthropic(options.anthropic),
    google: options.google && google(options.google),
    demo: demo(options.demo),
  };
  const configured = new Map<string, ModelProvider>();
  for (const name of providerNames) {
    const provider = providers[name];
    if (provider !== undefined) configured.set(name, provider);
  }
  return configured;
}

/** Printable characters. llama.cpp names a model by the path of its file, so slashes are allowed. */
const anyName = /^\P{C}{1,200}$/u;

/** Google's package puts the name into the URL, where `..` or `#` would address another operation. */
const pathName = /^(?!.*\.\.)[\w.-]+(?:\/[\w.-]+)*$/;

// Every URL is passed, even the package's own default, because the package would otherwise read the environment.

function openai({ apiKey, baseUrl = 'https://api.openai.com/v1' }: HostedProvider): ModelProvider {
  return cataloged('openai', openaiDialect, async (modelName) => {
    const { createOpenAI } = await import('@ai-sdk/openai');
    return createOpenAI({ apiKey, baseURL: baseUrl, fetch: boundedFetch }).responses(modelName);
  });
}

/** Anthropic refuses a request without `max_tokens`. The package lowers the number for models that write less. */
const anthropicAnswer = 64_000;

function anthropic({ apiKey, baseUrl = 'https://api.anthropic.com/v1' }: HostedProvider): ModelProvider {
  const languageModel = async (modelName: string) => {
    const { createAnthropic } = await import('@ai-sdk/anthropic');
    return createAnthropic({ apiKey, baseURL: baseUrl, fetch: boundedFetch })(modelName);
  };
  return { ...cataloged('anthropic', anthropicDialect, languageModel), maxOutputTokens: anthropicAnswer };
}

const googleUrl = 'https://generativelanguage.googleapis.com/v1beta';

function google({ apiKey, baseUrl = googleUrl }: HostedProvider): ModelProvider {
  const languageModel = async (modelName: string) => {
    const { createGoogleGenerativeAI } = await import('@ai-sdk/google');
    return createGoogleGenerativeAI({ apiKey, baseURL: baseUrl, fetch: boundedFetch })(modelName);
  };
  return { ...cataloged('google', googleDialect, languageModel), accepts: (name) => pathName.test(name) };
}

function cataloged(
  name: CatalogProviderName,
  dialect: ModelDialect,
  languageModel: ModelProvider['languageModel'],
): ModelProvider {
  return {
    dialect,
    models: async () => modelCatalog[name],
    accepts: (modelName) => anyName.test(modelName),
    languageModel,
  };
}

function openaiCompatible({ baseUrl, apiKey }: CompatibleServer): ModelProvider {
  const key = apiKey === undefined ? {} : { apiKey };
  const settings = {
    name: 'openai-compatible',
    baseURL: baseUrl,
    includeUsage: true,
    supportsStructuredOutputs: true,
    fetch: boundedFetch,
    ...key,
  };
  return {
    dialect: compatibleDialect,
    models: createModelListing({ baseUrl, apiKey }),
    accepts: (modelName) => anyName.test(modelName),
    async languageModel(modelName) {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      return createOpenAICompatible(settings)(modelName);
    },
  };
}

function demo(options: { delayMs: number }): ModelProvider {
  const model = createDemoModel(options);
  return {
    dialect: demoDialect,
    models: async () => [demoModel],
    accepts: (modelName) => modelName === demoModel.modelName,
    languageModel: async () => model,
  };
}
