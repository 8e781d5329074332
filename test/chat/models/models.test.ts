import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createModels, type ModelsOptions } from '../../../src/chat/models/models.ts';
import { call, outcome } from '../../support/model/call.ts';
import { type ModelServer, startModelServer } from '../../support/model/model-server.ts';
import { text } from '../../support/model/turn.ts';

const demo = { delayMs: 0 };
const key = { apiKey: 'sk-alice' };

let server: ModelServer;
beforeEach(async () => {
  server = await startModelServer();
});
afterEach(async () => {
  vi.useRealTimers();
  await server[Symbol.asyncDispose]();
});

/** The models of a gateway that is pointed at the scripted server. */
function compatibleModels(more: Partial<ModelsOptions> = {}) {
  return createModels({ demo, openaiCompatible: { baseUrl: server.openaiUrl, apiKey: 'sk-alice' }, ...more });
}

async function names(models: ReturnType<typeof createModels>) {
  return (await models.list()).map(({ providerName, modelName }) => `${providerName}/${modelName}`);
}

async function resolved(models: ReturnType<typeof createModels>, choice = {}) {
  const { providerName, modelName, contextLimit } = await models.resolve(choice);
  return `${providerName}/${modelName} ${contextLimit}`;
}

describe('the default model', () => {
  test('the default is the demo model when no provider is configured', async () => {
    const models = createModels({ demo });
    expect(await resolved(models)).toBe('demo/demo-1 131072');
    expect(await models.list()).toEqual([
      expect.objectContaining({
        providerName: 'demo',
        modelName: 'demo-1',
        contextLimit: 131_072,
        isDefault: true,
      }),
    ]);
  });

  test.each<[string, Partial<ModelsOptions>]>([
    ['openai/gpt-6.1-terra 1050000', { openai: key, anthropic: key, google: key }],
    ['anthropic/claude-sonnet-5-5 1000000', { anthropic: key, google: key }],
    ['google/gemini-3.8-flash 1048576', { google: key }],
    ['google/gemini-2.5-pro 1048576', { openai: key, google: key, default: 'google/gemini-2.5-pro' }],
    ['anthropic/claude-sonnet-5-5 1000000', { openai: key, anthropic: key, default: 'anthropic' }],
    ['demo/demo-1 131072', { openai: key, default: 'demo/demo-1' }],
  ])('the default is %s for its settings', async (expected, options) => {
    expect(await resolved(createModels({ demo, ...options }))).toBe(expected);
  });

  test('the first model of an OpenAI-compatible server is the default before all other providers', async () => {
    server.serveModels([{ id: 'qwen3:8b' }, { id: 'llama3.1:8b' }]);
    expect(await resolved(compatibleModels({ openai: key }))).toBe('openai-compatible/qwen3:8b null');
  });

  test('the default may be unknown to the catalogue and have slashes in its name', async () => {
    server.serveModels([{ id: 'tiny' }]);
    const models = compatibleModels({ default: 'openai-compatible/meta-llama/Llama-4' });
    expect(await resolved(models)).toBe('openai-compatible/meta-llama/Llama-4 null');
    expect(await models.list()).toMatchObject([
      { modelName: 'meta-llama/Llama-4', isDefault: true },
      { modelName: 'tiny', isDefault: false },
      { modelName: 'demo-1', isDefault: false },
    ]);
  });

  test('a default whose provider is not configured, or does not have it, stops the start', () => {
    expect(() => createModels({ demo, default: 'openai/gpt-5' })).toThrow(
      'The default model "openai/gpt-5" needs the provider "openai", which is not configured; the configured providers are demo.',
    );
    expect(() => createModels({ demo, default: 'demo/other' })).toThrow(
      'The provider "demo" does not have the default model "demo/other".',
    );
  });

  test('the default is reported as unreachable when the server that lists it is down', async () => {
    await server[Symbol.asyncDispose]();
    await expect(compatibleModels().resolve({})).rejects.toMatchObject({
      name: 'ProviderError',
      code: 'PROVIDER_UNREACHABLE',
      message: 'The model provider cannot be reached.',
    });
  });

  test('the default is reported as unreachable when the server lists no model', async () => {
    server.serveModels([]);
    await expect(compatibleModels().resolve({})).rejects.toMatchObject({ code: 'PROVIDER_UNREACHABLE' });
  });
});

describe('a choice', () => {
  const all = createModels({ demo, openai: key, anthropic: key, google: key });

  test.each([
    [{ providerName: 'anthropic' }, 'anthropic/claude-sonnet-5-5 1000000'],
    [{ modelName: 'gpt-4o' }, 'openai/gpt-4o 128000'],
    [{ modelName: 'gpt-4o-2024-11-20' }, 'openai/gpt-4o-2024-11-20 128000'],
    [
      { providerName: 'anthropic', modelName: 'claude-haiku-4-5-20251001' },
      'anthropic/claude-haiku-4-5-20251001 200000',
    ],
    [{ providerName: 'openai', modelName: 'gpt-99' }, 'openai/gpt-99 null'],
    [{ providerName: null, modelName: null }, 'openai/gpt-6.1-terra 1050000'],
    [{ providerName: 'demo' }, 'demo/demo-1 131072'],
  ])('the choice %j resolves to %s', async (choice, expected) => {
    expect(await resolved(all, choice)).toBe(expected);
  });

  test('an unknown provider is refused with a list of the known ones', async () => {
    const error = await createModels({ demo, google: key })
      .resolve({ providerName: 'openai' })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      message: 'There is no model provider "openai" on this gateway; choose one of: google, demo.',
      extensions: { code: 'BAD_USER_INPUT', field: 'input.providerName' },
    });
  });

  test('an unknown model of the demo provider is refused with a list of the known ones', async () => {
    await expect(all.resolve({ providerName: 'demo', modelName: 'demo-2' })).rejects.toMatchObject({
      message: 'The model provider demo has no model "demo-2"; choose one of: demo-1.',
      extensions: { code: 'BAD_USER_INPUT', field: 'input.modelName' },
    });
  });

  test.each(['', 'a\nb', 'x'.repeat(201)])('the model name %j is refused', async (modelName) => {
    await expect(all.resolve({ modelName })).rejects.toMatchObject({
      extensions: { field: 'input.modelName' },
    });
  });

  test.each(['../files#', 'models/../../files', 'x?key=', 'a/../b'])(
    'the model name %j, which would lead to another address of Google, is refused',
    async (modelName) => {
      await expect(all.resolve({ providerName: 'google', modelName })).rejects.toMatchObject({
        extensions: { field: 'input.modelName' },
      });
    },
  );
});

describe('an OpenAI-compatible server', () => {
  test('the context limits are read from the fields of vLLM, OpenRouter, Groq and llama.cpp', async () => {
    server.serveModels([
      { id: 'vllm', max_model_len: 40_960 },
      { id: 'openrouter', context_length: 131_072 },
      { id: 'groq', context_window: 8_192 },
      { id: '../models/llama.gguf', meta: { n_ctx_train: 4_096 } },
      { id: 'ollama', meta: 'something else', context_length: 'unknown' },
      { id: 'large', max_model_len: 4_294_967_296 },
      { id: 'broken', max_model_len: 4_096.5 },
      { id: 'unlimited', max_model_len: 1e30 },
      { id: 'none', max_model_len: 0, context_length: -1 },
      // An entry that is no model does not hide the others.
      ...[{ id: 7 }, { id: 'half \ud83d' }, { name: 'nameless' }],
    ]);
    const limits = (await compatibleModels().list()).map((model) => [model.modelName, model.contextLimit]);
    expect(limits).toEqual([
      ['vllm', 40_960],
      ['openrouter', 131_072],
      ['groq', 8_192],
      ['../models/llama.gguf', 4_096],
      ['ollama', null],
      ['large', 4_294_967_296],
      ['broken', 4_096],
      ['unlimited', null],
      ['none', null],
      ['demo-1', 131_072],
    ]);
    expect(await resolved(compatibleModels(), { modelName: 'vllm' })).toBe('openai-compatible/vllm 40960');
    server.serveModels([{ id: 'together', context_length: 9_000 }], { isBare: true });
    expect(await resolved(compatibleModels(), { modelName: 'together' })).toBe(
      'openai-compatible/together 9000',
    );
  });

  test('a server is asked for its models once a minute, and once for simultaneous callers', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    server.serveModels([{ id: 'tiny' }]);
    const models = compatibleModels();
    await Promise.all([models.list(), models.resolve({}), models.resolve({ modelName: 'other' })]);
    expect(server.listings).toBe(1);
    vi.advanceTimersByTime(60_001);
    server.serveModels([{ id: 'tiny' }, { id: 'new' }]);
    expect(await names(models)).toContain('openai-compatible/new');
  });

  test('a server that failed to list its models is asked again', async () => {
    const models = compatibleModels();
    expect(await names(models)).toEqual(['demo/demo-1']);
    server.serveModels([{ id: 'tiny' }]);
    expect(await names(models)).toEqual(['openai-compatible/tiny', 'demo/demo-1']);
  });

  test('a model can be chosen by name when the server lists no models', async () => {
    expect(await resolved(compatibleModels(), { modelName: 'tiny' })).toBe('openai-compatible/tiny null');
  });

  test('a server that does not answer delays the list of models by two seconds at most', async () => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    const { port } = mute.address() as AddressInfo;
    const models = createModels({ demo, openaiCompatible: { baseUrl: `http://127.0.0.1:${port}` } });
    expect(await names(models)).toEqual(['demo/demo-1']);
    mute.closeAllConnections();
    await new Promise((resolve) => mute.close(resolve));
  });
});

describe('a resolved model', () => {
  test.each([
    ['openai', '/v1/responses', 'authorization', 'Bearer sk-alice'],
    ['openai-compatible', '/v1/chat/completions', 'authorization', 'Bearer sk-alice'],
    ['anthropic', '/v1/messages', 'x-api-key', 'sk-alice'],
    ['google', '/v1beta/models/some-model:streamGenerateContent?alt=sse', 'x-goog-api-key', 'sk-alice'],
  ])('a model of %s calls its provider with the key', async (providerName, path, header, value) => {
    const models = compatibleModels({
      openai: { ...key, baseUrl: server.openaiUrl },
      anthropic: { ...key, baseUrl: server.anthropicUrl },
      google: { ...key, baseUrl: server.googleUrl },
    });
    server.script([text('Hello')]);
    const { languageModel } = await models.resolve({ providerName, modelName: 'some-model' });
    expect(await outcome(call(languageModel))).toEqual({ answer: 'Hello', error: undefined });
    const request = await server.request(0);
    expect(request.path).toBe(path);
    expect(request.headers[header]).toBe(value);
  });

  test('a model of an OpenAI-compatible server asks for the usage', async () => {
    server.script([text('Hello')]);
    const { languageModel } = await compatibleModels().resolve({ modelName: 'tiny' });
    await outcome(call(languageModel));
    expect((await server.request(0)).body).toMatchObject({
      model: 'tiny',
      stream: true,
      stream_options: { include_usage: true },
    });
  });
});

describe('the context of a model on an Ollama', () => {
  const isOllama = { '/api/version': '{"version":"0.12.6"}' };
  const llama = { model_info: { 'llama.context_length': 131_072 } };
  const show = (fields: object) => ({ '/api/show': JSON.stringify({ ...llama, ...fields }) });
  const ps = (name: string, length: unknown) => ({
    '/api/ps': JSON.stringify({ models: [{ name, model: name, context_length: length }] }),
  });

  test.each<[name: string, served: Record<string, string>, limit: number | null, warned: boolean]>([
    [
      'the number of its Modelfile',
      { ...show({ parameters: 'temperature 0.7\nnum_ctx    8192' }) },
      8_192,
      false,
    ],
    [
      'the number of its Modelfile before the one it is loaded with',
      { ...show({ parameters: 'num_ctx 8192' }), ...ps('tiny:latest', 32_768) },
      8_192,
      false,
    ],
    ['what it is loaded with', { ...show({}), ...ps('tiny:latest', 32_768) }, 32_768, false],
    ['at most what it can take', { ...show({ parameters: 'num_ctx 999999' }) }, 131_072, false],
    [
      "all that it can take in Ollama's cloud",
      { ...show({ remote_model: 'tiny' }), ...ps('other', 4_096) },
      131_072,
      false,
    ],
    ['4096 when it is not loaded', { ...show({}), ...ps('tiny:other', 32_768) }, 4_096, true],
    ['4096 when it is loaded by an older Ollama', { ...show({}), ...ps('tiny:latest', null) }, 4_096, true],
    ['unknown when the server does not know it', ps('tiny:latest', 32_768), null, true],
    ['unknown when the answer is no JSON', { '/api/show': '<html>' }, null, true],
    ['unknown when the answer is too long', show({ license: 'x'.repeat(5_000_000) }), null, true],
  ])('it is %s', async (_, served, limit, warned) => {
    server.serveOllama({ ...isOllama, ...served });
    const onUnknownContext = vi.fn();
    const models = compatibleModels({ onUnknownContext });
    expect(await resolved(models, { modelName: 'tiny' })).toBe(`openai-compatible/tiny ${limit}`);
    expect(onUnknownContext).toHaveBeenCalledTimes(warned ? 1 : 0);
  });

  test('a prompt is kept within it', async () => {
    server.serveOllama({ ...isOllama, ...show({ parameters: 'num_ctx 8192' }) });
    const model = await compatibleModels().resolve({ modelName: 'tiny' });
    expect(model.maxPromptTokens).toBe(8_192 - 2_048);
  });

  test.each([
    ['another server', {}],
    ['a server with another version page', { '/api/version': '{"version":3}' }],
  ])('%s is not taken for an Ollama', async (_, version) => {
    server.serveOllama({ ...show({ parameters: 'num_ctx 8192' }), ...version });
    expect(await resolved(compatibleModels(), { modelName: 'tiny' })).toBe('openai-compatible/tiny null');
  });

  test('the settings of the operator and the listing of the server come first', async () => {
    server.serveOllama({ ...isOllama, ...show({ parameters: 'num_ctx 8192' }) });
    server.serveModels([{ id: 'listed', context_length: 16_384 }]);
    const models = compatibleModels({ contextLimits: { 'openai-compatible/tiny': 2_048 } });
    expect(await resolved(models, { modelName: 'tiny' })).toBe('openai-compatible/tiny 2048');
    expect(await resolved(models, { modelName: 'listed' })).toBe('openai-compatible/listed 16384');
  });

  test('it is asked for once, and again when the first answer may have loaded the model', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    server.serveOllama({ ...isOllama, ...show({}) });
    const models = compatibleModels();
    expect(await resolved(models, { modelName: 'tiny' })).toBe('openai-compatible/tiny 4096');
    server.serveOllama({ ...show({}), ...ps('tiny:latest', 32_768) });
    expect(await resolved(models, { modelName: 'tiny' })).toBe('openai-compatible/tiny 4096');
    vi.advanceTimersByTime(5_001);
    expect(await resolved(models, { modelName: 'tiny' })).toBe('openai-compatible/tiny 32768');
  });
});
