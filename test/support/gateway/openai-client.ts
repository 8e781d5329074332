import OpenAI from 'openai';
import type { TestGateway } from './gateway.ts';

/** The real client of OpenAI, which talks to a gateway. It repeats nothing by itself. */
export function openAiClient({ url }: Pick<TestGateway, 'url'>, token = 'none', options = {}): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0, ...options });
}

/** The name of the scripted model. */
export const scripted = 'openai-compatible/scripted';

/** A request as a program without a client sends it. */
export function postOpenAi(
  { url }: Pick<TestGateway, 'url'>,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${url}/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}
