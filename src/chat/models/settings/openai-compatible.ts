import { compatibleFileTypes } from './file-types.ts';
import type { ModelDialect } from './model-dialect.ts';
import { everySetting } from './setting-support.ts';
import { isStrictSchema } from './strict-schema.ts';

const efforts = { OFF: 'none', LOW: 'low', MEDIUM: 'medium', HIGH: 'high' } as const;

/**
 * Servers that speak OpenAI's Chat Completions. Nobody knows what their models take, so nothing is sent that nobody asked
 * for. OFF is sent as `none`, which Ollama, vLLM, OpenRouter and Gemini know; a server that does not know it refuses or
 * ignores it.
 */
export const compatibleDialect: ModelDialect = {
  support: () => everySetting,
  fileTypes: () => compatibleFileTypes,
  options(_modelName, { reasoningEffort: effort, responseSchema }) {
    const options = {
      ...(effort !== null && { reasoningEffort: efforts[effort] }),
      ...(responseSchema !== null && { strictJsonSchema: isStrictSchema(responseSchema) }),
    };
    // The package gives its metadata another name as soon as it is told options under `openaiCompatible`.
    return Object.keys(options).length === 0 ? {} : { providerOptions: { 'openai-compatible': options } };
  },
};
