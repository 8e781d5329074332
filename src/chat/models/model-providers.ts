import type { LanguageModelV3 } from '@ai-sdk/provider';
import type { Proxies } from '../../base/choose-proxy.ts';
import { createOutboundFetch } from '../../base/outbound-fetch.ts';
import { createDemoModel, demoModel } from './demo/demo-model.ts';
import { createAddressedFetch, toAddress, withHeaders } from './fetch/addressed-fetch.ts';
import { createBoundedFetch } from './fetch/bounded-fetch.ts';
import { createFilesFetch } from './fetch/files-fetch.ts';
import { createTolerantFetch } from './fetch/tolerant-fetch.ts';
import { createWireFetch } from './fetch/wire-fetch.ts';
import { type CatalogModel, type CatalogProviderName, modelCatalog } from './model-catalog.ts';
import { createModelListing } from './model-listing.ts';
import { anyName } from './model-name.ts';
import { createOllamaContext, type OllamaContext } from './ollama-context.ts';
import { anthropicDialect } from './settings/anthropic.ts';
import { demoDialect } from './settings/demo.ts';
import { googleDialect } from './settings/google.ts';
import type { ModelDialect } from './settings/model-dialect.ts';
import { openaiDialect } from './settings/openai.ts';
import { compatibleDialect } from './settings/openai-compatible.ts';
import { AnthropicFormat } from './wire/anthropic-format.ts';
import { ChatFormat } from './wire/chat-format.ts';
import { GoogleFormat } from './wire/google-format.ts';
import { ResponsesFormat } from './wire/responses/responses-format.ts';
import type { WireFormat } from './wire/wire-format.ts';

/** A provider on the internet. `baseUrl` is for proxies; default: the provider's own address. */
interface HostedProvider {
  apiKey: string;
  baseUrl?: string | undefined;
}

/** A server that speaks OpenAI's Chat Completions: Ollama, vLLM, llama.cpp, DeepSeek and many more. */
interface CompatibleServer {
  baseUrl: string;
  apiKey?: string | undefined;
  /** Sent with every request; they take precedence over the key. */
  headers?: Readonly<Record<string, string>> | undefined;
}

type Fetch = typeof globalThis.fetch;

export interface ProvidersOptions {
  /** `delayMs`: the pause before each word of the demo model. */
  demo: { delayMs: number };
  openai?: HostedProvider | undefined;
  openaiCompatible?: CompatibleServer | undefined;
  /** More such servers, by the names under which they are providers. */
  servers?: Readonly<Record<string, CompatibleServer>> | undefined;
  anthropic?: HostedProvider | undefined;
  google?: HostedProvider | undefined;
  /** The proxies between the gateway and the providers. Default: none. */
  proxies?: Proxies | undefined;
}

export interface ModelProvider {
  /** The known models, the default first. Rejects when the provider must be asked for them and does not answer. */
  models(): Promise<readonly CatalogModel[]>;
  accepts(modelName: string): boolean;
  /** Whether the server may cut a prompt that is too long for it without saying so, as Ollama does. Default: false. */
  mayCutPrompts?: boolean;
  /** Asks the server how many tokens fit into a model's context. Never rejects; null when it does not say. */
  askContext?(modelName: string): Promise<OllamaContext | null>;
  /** The most tokens of an answer, if a request must state a number. */
  maxOutputTokens?: number;
  /** How its models are told settings. */
  dialect: ModelDialect;
  languageModel(modelName: string): Promise<LanguageModelV3>;
}

/** Creates the configured providers, the default first. Their packages are imported when one of their models is first used. */
export function createModelProviders(options: ProvidersOptions): ReadonlyMap<string, ModelProvider> {
  const fetch = createBoundedFetch(createFilesFetch(createOutboundFetch(options.proxies)));
  const servers = Object.entries(options.servers ?? {});
  const providers: [string, ModelProvider | undefined][] = [
    ['openai-compatible', options.openaiCompatible && openaiCompatible(options.openaiCompatible, fetch)],
    ['openai', options.openai && openai(options.openai, fetch)],
    ['anthropic', options.anthropic && anthropic(options.anthropic, fetch)],
    ['google', options.google && google(options.google, fetch)],
    ...servers.map(([name, server]): [string, ModelProvider] => [name, openaiCompatible(server, fetch)]),
    ['demo', demo(options.demo)],
  ];
  return new Map(providers.filter((each): each is [string, ModelProvider] => each[1] !== undefined));
}

/**
 * Connects to a server. `baseUrl` and `read` are for the provider's package. `fetch` is for other requests.
 *
 * @param createFormat Creates the reader of one response.
 */
function connect(server: CompatibleServer, fetch: Fetch, createFormat: () => WireFormat) {
  const { baseUrl, query } = toAddress(server.baseUrl);
  const addressed = createAddressedFetch(fetch, query);
  const { headers = {} } = server;
  const tolerant = createTolerantFetch(addressed);
  const read = createWireFetch(tolerant, createFormat);
  return {
    baseUrl,
    fetch: withHeaders(addressed, headers),
    read: withHeaders(read, headers),
  };
}

/** Google's package puts the name into the URL, where `..` or `#` would address another operation. */
const pathName = /^(?!.*\.\.)[\w.-]+(?:\/[\w.-]+)*$/;

/** The official addresses of the providers. */
export const openaiUrl = 'https://api.openai.com/v1';
export const anthropicUrl = 'https://api.anthropic.com/v1';
export const googleUrl = 'https://generativelanguage.googleapis.com/v1beta';

// Every URL is passed, even the package's own default, because the package would otherwise read the environment.

function openai(provider: HostedProvider, fetch: Fetch): ModelProvider {
  const { apiKey, baseUrl = openaiUrl } = provider;
  const server = connect({ baseUrl }, fetch, () => new ResponsesFormat());
  return cataloged('openai', openaiDialect, async (modelName) => {
    const { createOpenAI } = await import('@ai-sdk/openai');
    return createOpenAI({ apiKey, baseURL: server.baseUrl, fetch: server.read }).responses(modelName);
  });
}

/** Anthropic refuses a request without `max_tokens`. The package lowers the number for models that write less. */
const anthropicAnswer = 64_000;

function anthropic(provider: HostedProvider, fetch: Fetch): ModelProvider {
  const { apiKey, baseUrl = anthropicUrl } = provider;
  const server = connect({ baseUrl }, fetch, () => new AnthropicFormat());
  const languageModel = async (modelName: string) => {
    const { createAnthropic } = await import('@ai-sdk/anthropic');
    return createAnthropic({ apiKey, baseURL: server.baseUrl, fetch: server.read })(modelName);
  };
  return { ...cataloged('anthropic', anthropicDialect, languageModel), maxOutputTokens: anthropicAnswer };
}

function google({ apiKey, baseUrl = googleUrl }: HostedProvider, fetch: Fetch): ModelProvider {
  const server = connect({ baseUrl }, fetch, () => new GoogleFormat());
  const languageModel = async (modelName: string) => {
    const { createGoogleGenerativeAI } = await import('@ai-sdk/google');
    return createGoogleGenerativeAI({ apiKey, baseURL: server.baseUrl, fetch: server.read })(modelName);
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

function openaiCompatible(options: CompatibleServer, fetch: Fetch): ModelProvider {
  const { apiKey } = options;
  const server = connect(options, fetch, () => new ChatFormat({ thinkTags: true }));
  const key = apiKey === undefined ? {} : { apiKey };
  const asked = { baseUrl: server.baseUrl, apiKey, fetch: server.fetch };
  const settings = {
    // One name for all servers: it is the key of their metadata in the history.
    name: 'openai-compatible',
    baseURL: server.baseUrl,
    includeUsage: true,
    supportsStructuredOutputs: true,
    fetch: server.read,
    ...key,
  };
  return {
    dialect: compatibleDialect,
    mayCutPrompts: true,
    askContext: createOllamaContext(asked),
    models: createModelListing(asked),
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
