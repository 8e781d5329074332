import type { Usage } from '../chat/usage/usage.ts';
import { builder } from './builder.ts';

const counts = {
  inputTokens: 'Tokens that were sent to the model.',
  outputTokens: 'Tokens that the model wrote, including its reasoning.',
  reasoningTokens: 'The part of `outputTokens` that the model spent on reasoning.',
  cachedInputTokens: 'The part of `inputTokens` that the provider read from its cache, which costs less.',
  cacheWriteInputTokens:
    'The part of `inputTokens` that the provider wrote to its cache for later requests. Anthropic charges more for it; most providers report 0.',
} as const;

const measured = 'Whether the provider reported all of these numbers. False: the gateway estimated some.';

export const ModelUsageRef = builder.objectRef<Usage>('ModelUsage').implement({
  description: 'The tokens that one model has used.',
  fields: (t) => ({
    providerName: t.exposeString('providerName', { description: 'The provider of the model.' }),
    modelName: t.exposeString('modelName', { description: 'The name of the model.' }),
    inputTokens: t.exposeFloat('inputTokens', { description: counts.inputTokens }),
    outputTokens: t.exposeFloat('outputTokens', { description: counts.outputTokens }),
    reasoningTokens: t.exposeFloat('reasoningTokens', { description: counts.reasoningTokens }),
    cachedInputTokens: t.exposeFloat('cachedInputTokens', { description: counts.cachedInputTokens }),
    cacheWriteInputTokens: t.exposeFloat('cacheWriteInputTokens', {
      description: counts.cacheWriteInputTokens,
    }),
    totalTokens: t.float({
      description: '`inputTokens` and `outputTokens` together.',
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
  description:
    'The tokens that a session has used since it was created, and how full the context of its model is.',
  fields: (t) => ({
    contextTokens: t.exposeFloat('contextTokens', {
      description:
        'How many tokens of the context of the model the newest run took up; 0 after `clearHistory`.',
    }),
    contextLimit: t.exposeFloat('contextLimit', {
      nullable: true,
      description: 'How many tokens fit into the context of the model; null if the gateway does not know.',
    }),
    percentage: t.float({
      nullable: true,
      description:
        '`contextTokens` as a percentage of `contextLimit`, rounded to two decimals; null if `contextLimit` is null.',
      resolve: ({ contextTokens, contextLimit }) =>
        contextLimit === null ? null : Math.round((contextTokens / contextLimit) * 10_000) / 100,
    }),
    inputTokens: t.float({ description: counts.inputTokens, resolve: (usage) => sum(usage, 'inputTokens') }),
    outputTokens: t.float({
      description: counts.outputTokens,
      resolve: (usage) => sum(usage, 'outputTokens'),
    }),
    reasoningTokens: t.float({
      description: counts.reasoningTokens,
      resolve: (usage) => sum(usage, 'reasoningTokens'),
    }),
    cachedInputTokens: t.float({
      description: counts.cachedInputTokens,
      resolve: (usage) => sum(usage, 'cachedInputTokens'),
    }),
    cacheWriteInputTokens: t.float({
      description: counts.cacheWriteInputTokens,
      resolve: (usage) => sum(usage, 'cacheWriteInputTokens'),
    }),
    totalTokens: t.float({
      description: '`inputTokens` and `outputTokens` together.',
      resolve: (usage) => sum(usage, 'inputTokens', 'outputTokens'),
    }),
    measured: t.boolean({
      description: measured,
      resolve: ({ byModel }) => byModel.every((usage) => usage.measured),
    }),
    byModel: t.field({
      type: [ModelUsageRef],
      description: 'The tokens of each model that has answered in this session.',
      resolve: (usage) => usage.byModel,
    }),
  }),
});
