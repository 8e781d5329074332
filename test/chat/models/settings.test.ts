import { describe, expect, test } from 'vitest';
import { createModels } from '../../../src/chat/models/models.ts';
import type { PartialSettings } from '../../../src/chat/models/settings/model-settings.ts';
import { findUnsupported } from '../../../src/chat/models/settings/setting-support.ts';

const key = { apiKey: 'sk-alice' };
const providers = {
  demo: { delayMs: 0 },
  openai: key,
  anthropic: key,
  google: key,
  openaiCompatible: { baseUrl: 'http://127.0.0.1:9/v1' },
};
const nothing = {
  ...{ reasoningEffort: null, temperature: null, maxOutputTokens: null },
  ...{ responseSchema: null, contextOverflow: null },
};

/** What a request with these settings asks, apart from its messages. */
async function request(model: string, settings: PartialSettings, defaults: PartialSettings = {}) {
  const [providerName = '', modelName = ''] = model.split('/');
  const models = createModels({ ...providers, settings: defaults });
  const resolved = await models.resolve({ providerName, modelName, settings });
  const { prompt: _, ...asked } = resolved.request({ prompt: [], tools: [] });
  return asked;
}

async function supportOf(model: string) {
  const [providerName = '', modelName = ''] = model.split('/');
  return (await createModels(providers).resolve({ providerName, modelName })).support;
}

describe('the effort to reason', () => {
  test.each([
    ['openai/gpt-6.1-terra', 'OFF', { openai: { reasoningEffort: 'none' } }],
    ['openai/gpt-5-mini', 'LOW', { openai: { reasoningEffort: 'low', store: false } }],
    [
      'anthropic/claude-sonnet-5-5',
      'HIGH',
      { anthropic: { thinking: { type: 'adaptive' }, effort: 'high' } },
    ],
    ['anthropic/claude-haiku-4-5', 'HIGH', { anthropic: { thinking: { budgetTokens: 24_576 } } }],
    ['anthropic/claude-haiku-4-5', 'OFF', { anthropic: { thinking: { type: 'disabled' } } }],
    ['google/gemini-2.5-flash', 'OFF', { google: { thinkingConfig: { thinkingBudget: 0 } } }],
    ['google/gemini-2.5-pro', 'LOW', { google: { thinkingConfig: { thinkingBudget: 1_024 } } }],
    ['google/gemini-3.8-flash', 'HIGH', { google: { thinkingConfig: { thinkingLevel: 'high' } } }],
    ['openai-compatible/qwen3', 'OFF', { 'openai-compatible': { reasoningEffort: 'none' } }],
  ] as const)('the model %s is told the effort %s in its own words', async (model, effort, expected) => {
    expect((await request(model, { reasoningEffort: effort })).providerOptions).toMatchObject(expected);
  });

  test('a server that nobody knows is told nothing that nobody asked for', async () => {
    expect(await request('openai-compatible/qwen3', {})).toEqual({});
  });

  test.each([
    ['openai/gpt-5.4', ['OFF', 'LOW', 'MEDIUM', 'HIGH']],
    ['openai/gpt-5.10', ['OFF', 'LOW', 'MEDIUM', 'HIGH']],
    ['openai/gpt-5', ['LOW', 'MEDIUM', 'HIGH']],
    ['openai/gpt-6-astra', ['LOW', 'MEDIUM', 'HIGH']],
    ['openai/o3', ['LOW', 'MEDIUM', 'HIGH']],
    ['openai/gpt-4.1', []],
    ['anthropic/claude-fable-5-1', ['LOW', 'MEDIUM', 'HIGH']],
    ['anthropic/claude-opus-5-5', ['LOW', 'MEDIUM', 'HIGH']],
    ['anthropic/claude-sonnet-4-6', ['OFF', 'LOW', 'MEDIUM', 'HIGH']],
    ['anthropic/claude-sonnet-4-20250514', ['OFF', 'LOW', 'MEDIUM', 'HIGH']],
    ['anthropic/claude-3-5-sonnet-20241022', []],
    ['google/gemini-2.5-pro', ['LOW', 'MEDIUM', 'HIGH']],
    ['google/gemini-2.0-flash', []],
    ['google/models/gemini-2.5-flash', ['OFF', 'LOW', 'MEDIUM', 'HIGH']],
    ['demo/demo-1', ['OFF', 'LOW', 'MEDIUM', 'HIGH']],
  ])('the model %s takes the efforts %j', async (model, expected) => {
    const [providerName, ...name] = model.split('/');
    const support = (await createModels(providers).resolve({ providerName, modelName: name.join('/') }))
      .support;
    expect(support.reasoningEfforts).toEqual(expected);
  });
});

describe('a temperature', () => {
  test.each([
    ['openai/gpt-4o', 1.5, undefined],
    ['openai/gpt-6.1-terra', 0.5, 'takes no temperature'],
    ['anthropic/claude-sonnet-5', 0.5, 'takes no temperature'],
    ['anthropic/claude-haiku-4-5', 1.5, 'takes a temperature of 1 at most'],
    ['google/gemini-3.8-flash', 2, undefined],
    ['openai-compatible/qwen3', 2, undefined],
  ])('the model %s and the temperature %d: %s', async (model, temperature, expected) => {
    const found = findUnsupported({ ...nothing, temperature }, await supportOf(model));
    expect(found?.reason).toBe(expected);
  });

  test('a temperature turns the reasoning off where a model takes only one of both', async () => {
    expect(await request('anthropic/claude-haiku-4-5', { temperature: 0.2 })).toMatchObject({
      temperature: 0.2,
      providerOptions: { anthropic: { thinking: { type: 'disabled' } } },
    });
    expect(await request('openai/gpt-5.4', { temperature: 0.2 })).toMatchObject({
      temperature: 0.2,
      providerOptions: { openai: { reasoningEffort: 'none' } },
    });
    const both = { ...nothing, temperature: 0.2, reasoningEffort: 'LOW' } as const;
    expect(findUnsupported(both, await supportOf('openai/gpt-5.4'))).toEqual({
      name: 'temperature',
      reason: 'takes a temperature only with the reasoningEffort OFF',
    });
  });
});

describe('the most output tokens', () => {
  test('the budget to think is a part of them', async () => {
    expect(await request('anthropic/claude-haiku-4-5', { maxOutputTokens: 4_000 })).toMatchObject({
      maxOutputTokens: 2_000,
      providerOptions: { anthropic: { thinking: { budgetTokens: 2_000 } } },
    });
  });

  test('a model is not told to think where there is no room for it', async () => {
    const asked = await request('anthropic/claude-haiku-4-5', { maxOutputTokens: 1_500 });
    expect(asked).toEqual({ maxOutputTokens: 1_500 });
  });

  test('the prompt gets what the answer leaves free', async () => {
    const models = createModels(providers);
    const choice = { providerName: 'openai', modelName: 'gpt-4o' };
    const { maxPromptTokens } = await models.resolve({ ...choice, settings: { maxOutputTokens: 20_000 } });
    expect(maxPromptTokens).toBe(108_000);
  });
});

describe('the schema of an answer', () => {
  const loose = { type: 'object', properties: { city: { type: 'string' } } };
  const strict = { ...loose, required: ['city'], additionalProperties: false };

  test.each([
    [loose, false],
    [strict, true],
    [{ ...strict, properties: { city: loose } }, false],
  ])('OpenAI is told %j as strict: %s', async (responseSchema, isStrict) => {
    expect(await request('openai/gpt-4o', { responseSchema })).toMatchObject({
      responseFormat: { type: 'json', schema: responseSchema },
      providerOptions: { openai: { strictJsonSchema: isStrict } },
    });
  });

  test('a model of Anthropic that thinks is not forced to call a tool for it', async () => {
    expect(await request('anthropic/claude-haiku-4-5', { responseSchema: strict })).toMatchObject({
      providerOptions: { anthropic: { structuredOutputMode: 'outputFormat', thinking: { type: 'enabled' } } },
    });
  });

  test.each(['demo/demo-1', 'anthropic/claude-3-haiku-20240307'])(
    'the model %s takes no such setting',
    async (model) => {
      const found = findUnsupported({ ...nothing, responseSchema: strict }, await supportOf(model));
      expect(found?.name).toBe('responseSchema');
    },
  );
});

describe('the defaults of the gateway', () => {
  test('a default is for models that take it and sessions that set nothing else', async () => {
    const defaults = { reasoningEffort: 'OFF', maxOutputTokens: 900 } as const;
    const openai = async (model: string, settings = {}) => {
      const { maxOutputTokens, providerOptions } = await request(model, settings, defaults);
      return [maxOutputTokens, providerOptions?.['openai']?.['reasoningEffort']];
    };
    expect(await openai('openai/gpt-6.1-terra')).toEqual([900, 'none']);
    expect(await openai('openai/gpt-6.1-terra', { reasoningEffort: 'LOW' })).toEqual([900, 'low']);
    expect(await openai('openai/gpt-6-astra', { maxOutputTokens: 800 })).toEqual([800, undefined]);
  });

  test('a default does not take away what a session asks for', async () => {
    const asked = await request('openai/gpt-5.4', { temperature: 0.2 }, { reasoningEffort: 'HIGH' });
    expect(asked).toMatchObject({
      temperature: 0.2,
      providerOptions: { openai: { reasoningEffort: 'none' } },
    });
  });
});
