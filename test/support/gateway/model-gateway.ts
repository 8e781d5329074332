import { createModels } from '../../../src/chat/models/models.ts';
import type { ModelServer } from '../model/model-server.ts';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from './gateway.ts';

/** The API key that these gateways send to every provider. */
export const apiKey = 'sk-alice-0123456789abcdefghij';

/** The model for each wire format. */
export const modelsByFormat = {
  openai: 'openai-compatible/tiny',
  anthropic: 'anthropic/claude-haiku-4-5',
  google: 'google/gemini-2.5-flash',
} as const;

/** A wire format that the settings of a gateway can send to another address. */
export type SettingFormat = keyof typeof modelsByFormat;

export type Format = SettingFormat | 'openai-responses';

/** The settings of a gateway that sends the requests for all providers to the scripted server. */
export function modelSettings(model: ModelServer, format: SettingFormat): Record<string, string> {
  return {
    OPENAI_BASE_URL: model.openaiUrl,
    OPENAI_API_KEY: apiKey,
    ANTHROPIC_BASE_URL: model.anthropicUrl,
    ANTHROPIC_API_KEY: apiKey,
    GOOGLE_GENERATIVE_AI_BASE_URL: model.googleUrl,
    GOOGLE_GENERATIVE_AI_API_KEY: apiKey,
    MODEL: modelsByFormat[format],
  };
}

/** Starts a gateway whose models are all on the scripted server. Its default model speaks this wire format. */
export async function startModelGateway(
  model: ModelServer,
  format: Format,
  { settings, ...options }: TestGatewayOptions = {},
): Promise<TestGateway> {
  if (format === 'openai-responses') {
    const openai = { apiKey, baseUrl: model.openaiUrl };
    const models = createModels({ demo: { delayMs: 0 }, openai });
    return startTestGateway({ models, ...options, ...(settings && { settings }) });
  }
  return startTestGateway({ ...options, settings: { ...modelSettings(model, format), ...settings } });
}

const tokenUsageFields = `
  contextTokens contextLimit percentage measured totalTokens
  byModel { providerName modelName inputTokens outputTokens reasoningTokens cachedInputTokens cacheWriteInputTokens measured }
`;

/** The token usage of a session. */
export async function tokenUsageOf(gateway: TestGateway, sessionId: string) {
  const query = `query ($id: ID!) { session(id: $id) { tokenUsage { ${tokenUsageFields} } } }`;
  return (await gateway.graphql(query, { id: sessionId })).data.session.tokenUsage;
}

/** The stored run with its answer. */
export async function runOf(gateway: TestGateway, runId: string) {
  const query = `query ($id: ID!) { run(id: $id) {
    status error { code message } assistantMessage { status content reasoning }
    usage { inputTokens outputTokens reasoningTokens cachedInputTokens cacheWriteInputTokens measured }
  } }`;
  return (await gateway.graphql(query, { id: runId })).data.run;
}
