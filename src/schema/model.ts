import { inputTypesOf } from '../chat/attachments/input-type.ts';
import type { ModelInfo } from '../chat/models/models.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { InputTypeRef } from './input-type.ts';
import { ReasoningEffortRef } from './model-settings.ts';

type ModelSetting =
  | 'REASONING_EFFORT'
  | 'TEMPERATURE'
  | 'MAX_OUTPUT_TOKENS'
  | 'RESPONSE_SCHEMA'
  | 'CONTEXT_OVERFLOW';

const ModelSettingRef = enumFromTable<ModelSetting>('ModelSetting', 'A field of `ModelSettings`.', {
  REASONING_EFFORT: '`reasoningEffort`.',
  TEMPERATURE: '`temperature`.',
  MAX_OUTPUT_TOKENS: '`maxOutputTokens`.',
  RESPONSE_SCHEMA: '`responseSchema`.',
  CONTEXT_OVERFLOW: '`contextOverflow`, with the value SUMMARISE. Every model takes TRIM.',
});

function settingsOf({ support }: ModelInfo): ModelSetting[] {
  const settings: ModelSetting[] = ['MAX_OUTPUT_TOKENS'];
  if (support.reasoningEfforts.length > 0) settings.push('REASONING_EFFORT');
  if (support.temperature !== 'NEVER') settings.push('TEMPERATURE');
  if (support.responseSchema) settings.push('RESPONSE_SCHEMA');
  if (support.summaries) settings.push('CONTEXT_OVERFLOW');
  return settings;
}

const ModelRef = builder.objectRef<ModelInfo>('Model').implement({
  description: 'A model that can be chosen for a session or for one prompt.',
  fields: (t) => ({
    providerName: t.exposeString('providerName', {
      description: 'The provider of the model: the value for `providerName` in inputs.',
    }),
    modelName: t.exposeString('modelName', {
      description: 'The name of the model: the value for `modelName` in inputs.',
    }),
    contextLimit: t.exposeFloat('contextLimit', {
      nullable: true,
      description: 'How many tokens fit into the context of the model; null if the gateway does not know.',
    }),
    supportedSettings: t.field({
      type: [ModelSettingRef],
      description:
        'The settings that the model takes. Of a model on an OpenAI-compatible server the gateway knows nothing: it lists all settings, and the server may refuse some. Some models take `temperature` only with the `reasoningEffort` OFF.',
      resolve: settingsOf,
    }),
    reasoningEfforts: t.field({
      type: [ReasoningEffortRef],
      description: 'The values of `reasoningEffort` that the model takes; none if it does not reason.',
      resolve: ({ support }) => [...support.reasoningEfforts],
    }),
    inputTypes: t.field({
      type: [InputTypeRef],
      description:
        'What the model can be given in a prompt. A model that does not take images, PDFs or recordings refuses prompts with such attachments before anything is sent. Of a model on an OpenAI-compatible server the gateway knows nothing: it lists all types until the server has refused files.',
      resolve: ({ fileTypes }) => inputTypesOf(fileTypes),
    }),
    isDefault: t.exposeBoolean('isDefault', {
      description: 'Whether the gateway uses this model for sessions that name no model.',
    }),
  }),
});

builder.queryField('models', (t) =>
  t.field({
    type: [ModelRef],
    authScopes: { user: true },
    description:
      'The models that the configured providers list. A provider may also accept models that it does not list.',
    resolve: (_root, _args, { models }) => models.list(),
  }),
);
