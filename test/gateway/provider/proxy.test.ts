import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createPng } from '../../support/files/pictures.ts';
import { upload } from '../../support/gateway/attachments.ts';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { whoIs } from '../../support/gateway/who-is.ts';
import { startKeyServer } from '../../support/http/key-server.ts';
import { type HttpProxy, startProxy } from '../../support/http/proxy.ts';
import { type ModelServer, startModelServer } from '../../support/model/model-server.ts';
import { text } from '../../support/model/turn.ts';

let model: ModelServer;
let proxy: HttpProxy;

beforeAll(async () => {
  model = await startModelServer();
  proxy = await startProxy(model.openaiUrl);
  return async () => {
    await proxy[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
  };
});

afterEach(() => {
  vi.unstubAllEnvs();
  proxy.asked.length = 0;
  proxy.credentials.length = 0;
});

function start(settings: Record<string, string>): Promise<TestGateway> {
  return startTestGateway({
    settings: { MODEL: 'openai-compatible/tiny', MODEL_MAX_RETRIES: '0', LOG_LEVEL: 'warn', ...settings },
  });
}

async function answer(gateway: TestGateway, file?: Uint8Array<ArrayBuffer>) {
  const sessionId = await gateway.createSession();
  const attachmentIds = file ? [(await upload(gateway, sessionId, { bytes: file })).id] : [];
  return (await collect(chat(gateway.client(), { sessionId, prompt: 'Hi', attachmentIds }))).at(-1);
}

describe('a gateway with a proxy', () => {
  test('an https: model is reached through a tunnel, with the user name and password of the proxy', async () => {
    // The certificate of the test is not one that Node.js trusts.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const url = proxy.url.replace('//', '//alice:p%40ss@');
    await using gateway = await start({ HTTPS_PROXY: url, OPENAI_BASE_URL: 'https://model.test/v1' });
    model.script([text('Hello.')]);

    // Requests with files are sent in a way of their own.
    expect(await answer(gateway, createPng())).toMatchObject({ message: { content: 'Hello.' } });
    const credentials = `Basic ${Buffer.from('alice:p@ss').toString('base64')}`;
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT model.test:443']));
    expect(new Set(proxy.credentials)).toEqual(new Set([credentials]));
    expect(model.requests.at(-1)?.headers['proxy-authorization']).toBeUndefined();
  });

  test('an http: model is asked for by its whole URL, and the listing of models too', async () => {
    await using gateway = await start({
      HTTP_PROXY: proxy.url.replace('http://', ''),
      OPENAI_BASE_URL: 'http://model.test:8000/v1',
    });
    model.script([text('Hello.')]);

    expect(await answer(gateway)).toMatchObject({ message: { content: 'Hello.' } });
    expect(proxy.asked).toEqual([
      'GET http://model.test:8000/v1/models',
      // Whether the server is an Ollama.
      'GET http://model.test:8000/api/version',
      'POST http://model.test:8000/v1/chat/completions',
    ]);
  });

  test('a model on this machine is reached without the proxy', async () => {
    await using gateway = await start({ HTTP_PROXY: proxy.url, OPENAI_BASE_URL: model.openaiUrl });
    model.script([text('Hello.')]);

    expect(await answer(gateway)).toMatchObject({ message: { content: 'Hello.' } });
    expect(proxy.asked).toEqual([]);
  });

  test.each(['https', 'http'])(
    'a run fails when the proxy refuses its %s: model, and the next one goes on',
    async (scheme) => {
      vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
      await using gateway = await start({
        HTTPS_PROXY: proxy.url,
        HTTP_PROXY: proxy.url,
        OPENAI_BASE_URL: `${scheme}://model.test/v1`,
      });
      proxy.refuse(407);
      expect(await answer(gateway)).toMatchObject({
        __typename: 'RunFailed',
        code: 'PROVIDER_UNREACHABLE',
      });
      proxy.refuse(undefined);
      model.script([text('Hello.')]);
      expect(await answer(gateway)).toMatchObject({ message: { content: 'Hello.' } });
    },
  );

  test('the keys of the issuer of JWTs are fetched through the proxy', async () => {
    await using keys = await startKeyServer();
    await using toKeys = await startProxy(keys.url);
    await using gateway = await start({
      HTTP_PROXY: toKeys.url,
      AUTH: 'jwt',
      JWT_JWKS_URL: 'http://login.test/keys',
      JWT_ISSUER: 'login',
      JWT_AUDIENCE: 'chat',
      MODEL: 'demo',
    });
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    keys.publish({ ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'one' });
    const token = await new SignJWT({ iss: 'login', aud: 'chat', sub: 'alice' })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setExpirationTime('1h')
      .sign(privateKey);

    expect(await whoIs(gateway, token)).toMatchObject({ userId: 'alice' });
    expect(toKeys.asked).toEqual(['GET http://login.test/keys']);
  });
});
