import type {
  LanguageModelV3CallOptions,
  LanguageModelV3FunctionTool,
  SharedV3ProviderOptions,
} from '@ai-sdk/provider';

/** What one request to a model asks, apart from the settings. */
export interface ModelQuestion {
  prompt: LanguageModelV3CallOptions['prompt'];
  tools: LanguageModelV3FunctionTool[];
}

const mark: SharedV3ProviderOptions = { anthropic: { cacheControl: { type: 'ephemeral' } } };

/**
 * Marks the places up to which Anthropic shall cache a prompt; without a mark it caches nothing. The last tool and the
 * system prompt stay the same for a whole session. The newest message makes the next request, which begins with the same
 * messages, read all of this one from the cache. Anthropic takes four marks at most.
 *
 * Source: Anthropic's page on prompt caching.
 */
export function markForCache({ prompt, tools }: ModelQuestion): ModelQuestion {
  const newest = prompt.length - 1;
  return {
    prompt: prompt.map((message, index) =>
      message.role === 'system' || index === newest
        ? { ...message, providerOptions: { ...message.providerOptions, ...mark } }
        : message,
    ),
    tools: tools.map((tool, index) =>
      index === tools.length - 1 ? { ...tool, providerOptions: { ...tool.providerOptions, ...mark } } : tool,
    ),
  };
}
