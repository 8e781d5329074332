import { z } from 'zod';
import { isPlainHttpUrl } from './http-url.ts';
import { headersSetting, serversSetting } from './model-servers.ts';
import { type ProxyEnvironment, toProxies } from './proxy-settings.ts';
import { apiKey, milliseconds, wholeNumber } from './setting-type.ts';

const model = z
  .string()
  .regex(/^[^\s/]+(\/\S+)?$/, 'must be a provider, or a provider and a model (openai, openai/gpt-5-mini)');

const temperature = z
  .string()
  .regex(/^\d(?:\.\d{1,6})?$/, 'must be a number from 0 to 2')
  .transform(Number)
  .refine((value) => value <= 2, 'must be a number from 0 to 2');

const efforts = { off: 'OFF', low: 'LOW', medium: 'MEDIUM', high: 'HIGH' } as const;

const overflows = { summarise: 'SUMMARISE', trim: 'TRIM' } as const;

const baseUrl = z
  .string()
  .refine(isPlainHttpUrl, 'must be an http: or https: URL without a user name or password in it')
  .meta({ secret: true });

/** `provider/model=tokens`, separated by commas. The name of a model may contain `/`, `:` and `=`. */
const contextLimits = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  )
  .pipe(
    z.array(
      z.string().regex(/^[^\s/]+\/.+=\s*[1-9]\d{2,9}$/, 'must be provider/model=tokens, separated by commas'),
    ),
  )
  .transform((entries) => {
    const at = (entry: string) => entry.lastIndexOf('=');
    return Object.fromEntries(
      entries.map((entry) => [entry.slice(0, at(entry)).trim(), Number(entry.slice(at(entry) + 1))]),
    );
  });

/** Which models the gateway can use. */
export const modelSettings = {
  MODEL: model.optional().meta({
    description: 'Model for sessions that do not name one: a provider, or provider/model.',
    defaultInWords: 'the first configured provider, or else demo',
  }),
  MODEL_CONTEXT_LIMITS: contextLimits.optional().meta({
    description:
      'Context limits in tokens, for models whose server does not state one or states a wrong one: openai-compatible/llama3.2=8192. Ollama cuts longer prompts without a word.',
    defaultInWords: 'what the provider says, or else 128,000',
  }),
  MODEL_REASONING_EFFORT: z
    .enum(['off', 'low', 'medium', 'high'], 'must be off, low, medium or high')
    .optional()
    .meta({
      description:
        'How much models reason: off, low, medium or high. Models that do not know the value are not told it; sessions and prompts can set another.',
      defaultInWords: 'what the provider does',
    }),
  MODEL_TEMPERATURE: temperature.optional().meta({
    description:
      'Temperature of models that take one, from 0 to 2. Models that take one only without reasoning then do not reason.',
    defaultInWords: 'what the provider does',
  }),
  MODEL_MAX_OUTPUT_TOKENS: wholeNumber(1, 1_000_000).optional().meta({
    description: 'Most tokens of one response of a model, its reasoning included.',
    defaultInWords: 'what the model can',
  }),
  MODEL_CONTEXT_OVERFLOW: z.enum(['summarise', 'trim'], 'must be summarise or trim').optional().meta({
    description:
      'What happens to the oldest messages of a session that do not fit into the context of its model. summarise: the model sums them up, which costs its tokens; trim: it is not shown them. Sessions and prompts can set another.',
    defaultInWords: 'summarise; the demo model always trims',
  }),
  DEMO_DELAY_MS: milliseconds(0)
    .default(25)
    .meta({ description: 'Milliseconds between two words of the demo model.' }),
  OPENAI_API_KEY: apiKey
    .optional()
    .meta({ description: 'API key for OpenAI, or for the server at OPENAI_BASE_URL.', secret: true }),
  OPENAI_BASE_URL: baseUrl.optional().meta({
    description:
      'URL of an OpenAI-compatible server (Ollama, vLLM, llama.cpp …). Sessions reach it as the provider openai-compatible. A query in it (api-version of Azure) is sent with every request.',
    secret: true,
  }),
  OPENAI_HEADERS: headersSetting.optional().meta({
    description:
      'More headers for the server at OPENAI_BASE_URL, as JSON: {"api-key":"…"}. Azure wants its key there. They take precedence over OPENAI_API_KEY.',
    secret: true,
  }),
  OPENAI_COMPATIBLE_SERVERS: serversSetting.optional().meta({
    description:
      'More OpenAI-compatible servers, as JSON: {"groq":{"baseUrl":"https://api.groq.com/openai/v1","apiKey":"…"}}. Sessions reach each as the provider of that name. headers, an object, is optional too.',
    secret: true,
  }),
  ANTHROPIC_API_KEY: apiKey.optional().meta({ description: 'API key for Anthropic.', secret: true }),
  ANTHROPIC_BASE_URL: baseUrl
    .optional()
    .meta({ description: 'URL of the Anthropic API, if it is not the official one.', secret: true }),
  GOOGLE_GENERATIVE_AI_API_KEY: apiKey
    .optional()
    .meta({ description: 'API key for Google Gemini.', secret: true }),
  GOOGLE_GENERATIVE_AI_BASE_URL: baseUrl
    .optional()
    .meta({ description: 'URL of the Google Gemini API, if it is not the official one.', secret: true }),
};

type ModelEnvironment = z.output<z.ZodObject<typeof modelSettings>>;

const providers: Record<string, { configured: (env: ModelEnvironment) => boolean; advice: string }> = {
  demo: { configured: () => true, advice: '' },
  openai: {
    configured: (env) => env.OPENAI_API_KEY !== undefined && env.OPENAI_BASE_URL === undefined,
    advice:
      'set OPENAI_API_KEY and leave out OPENAI_BASE_URL; with that URL the provider is openai-compatible',
  },
  'openai-compatible': {
    configured: (env) => env.OPENAI_BASE_URL !== undefined,
    advice: 'set OPENAI_BASE_URL',
  },
  anthropic: { configured: (env) => env.ANTHROPIC_API_KEY !== undefined, advice: 'set ANTHROPIC_API_KEY' },
  google: {
    configured: (env) => env.GOOGLE_GENERATIVE_AI_API_KEY !== undefined,
    advice: 'set GOOGLE_GENERATIVE_AI_API_KEY',
  },
};

/** Returns a sentence for each contradiction between the settings of models. */
export function modelConflicts(env: ModelEnvironment): string[] {
  const conflicts: string[] = [];
  const name = env.MODEL?.split('/', 1)[0];
  if (name !== undefined) {
    const provider = Object.hasOwn(providers, name) ? providers[name] : undefined;
    const servers = Object.keys(env.OPENAI_COMPATIBLE_SERVERS ?? {});
    if (provider === undefined) {
      const names = [...Object.keys(providers), ...servers].join(', ');
      if (!servers.includes(name)) {
        conflicts.push(`MODEL must begin with one of ${names}; it begins with "${name}".`);
      }
    } else if (!provider.configured(env)) {
      conflicts.push(`MODEL names the provider ${name}, which is not configured: ${provider.advice}.`);
    }
  }
  if (env.OPENAI_HEADERS !== undefined && env.OPENAI_BASE_URL === undefined) {
    conflicts.push('OPENAI_HEADERS has no effect without OPENAI_BASE_URL.');
  }
  if (env.ANTHROPIC_BASE_URL !== undefined && env.ANTHROPIC_API_KEY === undefined) {
    conflicts.push('ANTHROPIC_BASE_URL has no effect without ANTHROPIC_API_KEY.');
  }
  if (env.GOOGLE_GENERATIVE_AI_BASE_URL !== undefined && env.GOOGLE_GENERATIVE_AI_API_KEY === undefined) {
    conflicts.push('GOOGLE_GENERATIVE_AI_BASE_URL has no effect without GOOGLE_GENERATIVE_AI_API_KEY.');
  }
  return conflicts;
}

/** In the shape of `ModelsOptions` of src/chat. A key that is given with a base URL is sent to that URL only. */
export function toModels(env: ModelEnvironment & ProxyEnvironment) {
  const { OPENAI_API_KEY: openaiKey, OPENAI_BASE_URL: openaiUrl } = env;
  const openai = openaiUrl === undefined ? withKey(openaiKey) : undefined;
  const anthropic = withKey(env.ANTHROPIC_API_KEY, env.ANTHROPIC_BASE_URL);
  const google = withKey(env.GOOGLE_GENERATIVE_AI_API_KEY, env.GOOGLE_GENERATIVE_AI_BASE_URL);
  const settings = {
    ...(env.MODEL_REASONING_EFFORT && { reasoningEffort: efforts[env.MODEL_REASONING_EFFORT] }),
    ...(env.MODEL_TEMPERATURE !== undefined && { temperature: env.MODEL_TEMPERATURE }),
    ...(env.MODEL_MAX_OUTPUT_TOKENS !== undefined && { maxOutputTokens: env.MODEL_MAX_OUTPUT_TOKENS }),
    ...(env.MODEL_CONTEXT_OVERFLOW && { contextOverflow: overflows[env.MODEL_CONTEXT_OVERFLOW] }),
  };
  return {
    ...(env.MODEL !== undefined && { default: env.MODEL }),
    ...(env.MODEL_CONTEXT_LIMITS && { contextLimits: env.MODEL_CONTEXT_LIMITS }),
    ...(Object.keys(settings).length > 0 && { settings }),
    demo: { delayMs: env.DEMO_DELAY_MS },
    proxies: toProxies(env),
    ...(openai && { openai }),
    ...(openaiUrl !== undefined && {
      openaiCompatible: { baseUrl: openaiUrl, headers: env.OPENAI_HEADERS, ...withKey(openaiKey) },
    }),
    ...(env.OPENAI_COMPATIBLE_SERVERS && { servers: env.OPENAI_COMPATIBLE_SERVERS }),
    ...(anthropic && { anthropic }),
    ...(google && { google }),
  };
}

function withKey(apiKey?: string, baseUrl?: string) {
  return apiKey === undefined ? undefined : { apiKey, ...(baseUrl !== undefined && { baseUrl }) };
}
