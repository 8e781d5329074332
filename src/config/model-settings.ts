import type { Environment } from './settings.ts';

const providers: Record<string, { configured: (env: Environment) => boolean; advice: string }> = {
  demo: { configured: () => true, advice: '' },
  openai: {
    configured: (env) => env.OPENAI_API_KEY !== undefined && env.OPENAI_BASE_URL === undefined,
    advice: 'set OPENAI_API_KEY, and leave out OPENAI_BASE_URL, with which it is called openai-compatible',
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

/** What contradicts itself in the settings that choose models: a sentence each. */
export function modelConflicts(env: Environment): string[] {
  const conflicts: string[] = [];
  const name = env.MODEL?.split('/', 1)[0];
  if (name !== undefined) {
    const provider = Object.hasOwn(providers, name) ? providers[name] : undefined;
    if (provider === undefined) {
      conflicts.push(
        `MODEL must begin with one of ${Object.keys(providers).join(', ')}; it begins with "${name}".`,
      );
    } else if (!provider.configured(env)) {
      conflicts.push(`MODEL names the provider ${name}, which is not configured: ${provider.advice}.`);
    }
  }
  if (env.ANTHROPIC_BASE_URL !== undefined && env.ANTHROPIC_API_KEY === undefined) {
    conflicts.push('ANTHROPIC_BASE_URL is of no use without ANTHROPIC_API_KEY.');
  }
  if (env.GOOGLE_GENERATIVE_AI_BASE_URL !== undefined && env.GOOGLE_GENERATIVE_AI_API_KEY === undefined) {
    conflicts.push('GOOGLE_GENERATIVE_AI_BASE_URL is of no use without GOOGLE_GENERATIVE_AI_API_KEY.');
  }
  return conflicts;
}

/** In the shape of the chat's `ModelsOptions`. A key given with a base URL is for that URL and no other. */
export function toModels(env: Environment) {
  const { OPENAI_API_KEY: openaiKey, OPENAI_BASE_URL: openaiUrl } = env;
  const openai = openaiUrl === undefined ? withKey(openaiKey) : undefined;
  const anthropic = withKey(env.ANTHROPIC_API_KEY, env.ANTHROPIC_BASE_URL);
  const google = withKey(env.GOOGLE_GENERATIVE_AI_API_KEY, env.GOOGLE_GENERATIVE_AI_BASE_URL);
  return {
    ...(env.MODEL !== undefined && { default: env.MODEL }),
    demo: { delayMs: env.DEMO_DELAY_MS },
    ...(openai && { openai }),
    ...(openaiUrl !== undefined && { openaiCompatible: { baseUrl: openaiUrl, ...withKey(openaiKey) } }),
    ...(anthropic && { anthropic }),
    ...(google && { google }),
  };
}

function withKey(apiKey?: string, baseUrl?: string) {
  return apiKey === undefined ? undefined : { apiKey, ...(baseUrl !== undefined && { baseUrl }) };
}
