import type { Usage } from '../chat/usage/usage.ts';
import { builder } from './builder.ts';

const counts = {
  inputTokens: 'Tokens shown to the model.',
  outputTokens: 'Tokens written by the model, reasoning included.',
  reasoningTokens: 'Of the output: tokens the model spent on reasoning.',
  cachedInputTokens: 'Of the input: tokens the provider had cached.',
} as const;

const measured = 'Whether the provider reported all of it. Otherwise some was estimated by the gateway.';

export const ModelUsageRef = builder.objectRef<Usage>('ModelUsage').implement({
  description: 'Tokens used of one model.',
  fields: (t) => ({
    providerName: t.exposeString('providerName', { description: 'The provider of the model.' }),
    modelName: t.exposeString('modelName', { description: 'The model.' }),
    inputTokens: t.exposeInt('inputTokens', { description: counts.inputTokens }),
    outputTokens: t.exposeInt('outputTokens', { description: counts.outputTokens }),
    reasoningTokens: t.exposeInt('reasoningTokens', { description: counts.reasoningTokens }),
    cachedInputTokens: t.exposeInt('cachedInputTokens', { description: counts.cachedInputTokens }),
    totalTokens: t.int({
      description: 'Input and output.',
      resolve: (usage) => usage.inputTokens + usage.outputTokens,
    }),
    measured: t.exposeBoolean('measured', { description: measured }),
  }),
});

export interface TokenUsage {
  contextTokens: number;
  contextLimit: number | null;
  byModel: Usage[];
}

type Count = keyof typeof counts;
const sum = (usage: TokenUsage, ...keys: Count[]) =>
  usage.byModel
    .flatMap((model) => keys.map((key) => model[key]))
    .reduce((total, tokens) => total + tokens, 0);

export const TokenUsageRef = builder.objectRef<TokenUsage>('TokenUsage').implement({
  description: 'What a session has used over its whole life, and how full the context of its model is.',
  fields: (t) => ({
    contextTokens: t.exposeInt('contextTokens', {
      description: 'Tokens that the conversation takes up in the context of the model.',
    }),
    contextLimit: t.exposeInt('contextLimit', {
      nullable: true,
      description: 'Tokens that fit into the context of the model; null where the gateway does not know.',
    }),
    percentage: t.float({
      nullable: true,
      description: 'contextTokens of contextLimit, in percent with two decimals.',
      resolve: ({ contextTokens, contextLimit }) =>
        contextLimit === null ? null : Math.round((contextTokens / contextLimit) * 10_000) / 100,
    }),
    inputTokens: t.int({ description: counts.inputTokens, resolve: (usage) => sum(usage, 'inputTokens') }),
    outputTokens: t.int({ description: counts.outputTokens, resolve: (usage) => sum(usage, 'outputTokens') }),
    reasoningTokens: t.int({
      description: counts.reasoningTokens,
      resolve: (usage) => sum(usage, 'reasoningTokens'),
    }),
    cachedInputTokens: t.int({
      description: counts.cachedInputTokens,
      resolve: (usage) => sum(usage, 'cachedInputTokens'),
    }),
    totalTokens: t.int({
      description: 'Input and output.',
      resolve: (usage) => sum(usage, 'inputTokens', 'outputTokens'),
    }),
    measured: t.boolean({
      description: measured,
      resolve: ({ byModel }) => byModel.every((usage) => usage.measured),
    }),
    byModel: t.field({
      type: [ModelUsageRef],
      description: 'The same for each model that has answered in this session.',
      resolve: (usage) => usage.byModel,
    }),
  }),
});
