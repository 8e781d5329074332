import type { ProvidersOptions } from './model-providers.ts';

/**
 * The modules that the first prompt to a configured provider needs, each as a function that loads it. The list is
 * empty if no provider is configured: the demo model needs no package.
 */
export function providerModules(options: ProvidersOptions): (() => Promise<unknown>)[] {
  const { openaiCompatible, servers = {}, openai, anthropic, google } = options;
  const packages = [
    ...(openaiCompatible || Object.keys(servers).length > 0
      ? [() => import('@ai-sdk/openai-compatible')]
      : []),
    ...(openai ? [() => import('@ai-sdk/openai')] : []),
    ...(anthropic ? [() => import('@ai-sdk/anthropic')] : []),
    ...(google ? [() => import('@ai-sdk/google')] : []),
  ];
  return packages.length === 0 ? [] : [() => import('undici'), ...packages];
}
