import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect, textOf } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { type ModelServer, startModelServer } from '../../support/model/model-server.ts';
import { status, text } from '../../support/model/turn.ts';

const key = 'azure-key-0123456789';
let model: ModelServer;
let gateway: TestGateway;
/** A server that redirects to the model with the status in its path: `/307/v1`. */
const redirector = createServer((request, response) => {
  request.resume();
  const [, code = '', rest = ''] = /^\/(\d+)(.*)$/.exec(request.url ?? '') ?? [];
  const location = code === '308' ? `/307x${rest}` : model.openaiUrl.replace('/v1', rest);
  if (request.url?.startsWith('/307x')) {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: `Arrived by ${request.method}` } }));
  } else response.writeHead(Number(code), { location }).end();
});

beforeAll(async () => {
  model = await startModelServer();
  model.otherwise(() => [text('Hello')]);
  redirector.listen(0, '127.0.0.1');
  await once(redirector, 'listening');
  const moved = `http://127.0.0.1:${(redirector.address() as AddressInfo).port}`;
  gateway = await startTestGateway({
    settings: {
      OPENAI_BASE_URL: `${model.openaiUrl}//chat/completions/?api-version=2024-10-21`,
      OPENAI_HEADERS: JSON.stringify({ 'api-key': key }),
      OPENAI_COMPATIBLE_SERVERS: JSON.stringify({
        groq: { baseUrl: model.openaiUrl, apiKey: 'groq-key-0123456789', headers: { 'x-team': 'alice' } },
        local: { baseUrl: `${model.openaiUrl}/` },
        ...Object.fromEntries(
          [301, 302, 307, 308].map((code) => [
            `moved-${code}`,
            { baseUrl: `${moved}/${code}/v1`, apiKey: key },
          ]),
        ),
      }),
      MODEL: 'groq/llama',
      MODEL_MAX_RETRIES: '0',
      LOG_LEVEL: 'warn',
    },
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  redirector.close();
  await model[Symbol.asyncDispose]();
});

async function ask(providerName?: string) {
  const before = model.requests.length;
  const choice = providerName === undefined ? {} : { providerName, modelName: 'tiny' };
  const sessionId = await gateway.createSession(choice);
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
  return { ended: seen.at(-1), answer: textOf(seen), requests: model.requests.slice(before) };
}

test('the query of a base URL is sent with every request, behind the path of the operation', async () => {
  const { answer, requests } = await ask('openai-compatible');
  expect(answer).toBe('Hello');
  expect(requests).toMatchObject([
    { path: '/v1/chat/completions?api-version=2024-10-21', headers: { 'api-key': key } },
  ]);
});

test('a key in a header of any name is not shown, even if the server repeats it', async () => {
  model.script([status(400, { error: { message: `Bad key ${key}` } })]);
  expect((await ask('openai-compatible')).ended?.['reason']).toMatch(/Bad key \[…\]$/);
});

describe('servers by name', () => {
  test('each is a provider of its name, with its own key and headers', async () => {
    const byDefault = await ask();
    expect(byDefault.ended).toMatchObject({ usage: { providerName: 'groq', modelName: 'llama' } });
    expect(byDefault.requests).toMatchObject([
      { headers: { authorization: 'Bearer groq-key-0123456789', 'x-team': 'alice' } },
    ]);
    const local = await ask('local');
    expect(local.ended).toMatchObject({ usage: { providerName: 'local' } });
    expect(local.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test('they are among the models, and a session cannot choose another name', async () => {
    model.serveModels([{ id: 'llama' }]);
    const { data } = await gateway.graphql('{ models { providerName modelName isDefault } }');
    expect(data.models).toContainEqual({ providerName: 'groq', modelName: 'llama', isDefault: true });
    expect(data.models).toContainEqual({ providerName: 'local', modelName: 'llama', isDefault: false });
    const create = 'mutation ($input: CreateSessionInput!) { createSession(input: $input) { id } }';
    const { errors } = await gateway.graphql(create, { input: { providerName: 'mistral' } });
    expect(errors?.[0]?.message).toContain('choose one of: openai-compatible, groq, local');
  });
});

test('the operator is warned once about each model whose server does not state its context limit', async () => {
  await ask('local');
  await ask('local');
  const warnings = gateway.lines.filter(({ msg }) => msg.includes('MODEL_CONTEXT_LIMITS'));
  expect(warnings.filter((line) => line['model'] === 'local/tiny')).toHaveLength(1);
});

describe('a server that has moved', () => {
  test.each(['moved-301', 'moved-302', 'moved-307'])(
    'gets no request at its new address: %s',
    async (name) => {
      const { ended, requests } = await ask(name);
      expect(ended).toMatchObject({
        code: 'PROVIDER_REJECTED',
        reason: expect.stringMatching(/^The address of the model provider has moved \(status 30\d\)/),
      });
      expect(requests).toEqual([]);
    },
  );

  test('within itself is followed, if the request stays the same', async () => {
    expect((await ask('moved-308')).ended?.['reason']).toContain('Arrived by POST');
  });
});
