import type { ModelServer } from '../model/model-server.ts';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from './gateway.ts';

/** What the gateways of these tests send to every provider. */
export const apiKey = 'sk-alice-0123456789abcdefghij';

/** The models that are asked, by wire format. */
export const modelsByFormat = {
  openai: 'openai-compatible/tiny',
  anthropic: 'anthropic/claude-haiku-4-5',
  google: 'google/gemini-2.5-flash',
} as const;

export type Format = keyof typeof modelsByFormat;

/** The settings of a gateway whose providers are all the scripted server. */
export function modelSettings(model: ModelServer, format: Format): Record<string, string> {
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

/** A gateway that asks the scripted server, by default in this wire format. */
export async function startModelGateway(
  model: ModelServer,
  format: Format,
  { settings, ...options }: TestGatewayOptions = {},
): Promise<TestGateway> {
  return startTestGateway({ ...options, settings: { ...modelSettings(model, format), ...settings } });
}

const tokenUsageFields = `
  contextTokens contextLimit percentage measured totalTokens
  byModel { providerName modelName inputTokens outputTokens reasoningTokens cachedInputTokens measured }
`;

/** What a session says it has used. */
export async function tokenUsageOf(gateway: TestGateway, sessionId: string) {
  const query = `query ($id: ID!) { session(id: $id) { tokenUsage { ${tokenUsageFields} } } }`;
  return (await gateway.graphql(query, { id: sessionId })).data.session.tokenUsage;
}

/** A run as it is stored. */
export async function runOf(gateway: TestGateway, runId: string) {
  const query = `query ($id: ID!) { run(id: $id) {
    status error { code message } assistantMessage { status content reasoning }
    usage { inputTokens outputTokens reasoningTokens cachedInputTokens measured }
  } }`;
  return (await gateway.graphql(query, { id: runId })).data.run;
}
