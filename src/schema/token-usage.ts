import type { Cost } from '../chat/usage/prices.ts';
import type { Usage } from '../chat/usage/usage.ts';
import { builder } from './builder.ts';

/** What each count of tokens means. */
export const counts = {
  inputTokens: 'Tokens that were sent to the model.',
  outputTokens: 'Tokens that the model wrote, including its reasoning.',
  reasoningTokens: 'The part of `outputTokens` that the model spent on reasoning.',
  cachedInputTokens: 'The part of `inputTokens` that the provider read from its cache, which costs less.',
  cacheWriteInputTokens:
    'The part of `inputTokens` that the provider wrote to its cache for later requests. Anthropic charges more for it; most providers report 0.',
} as const;

const measured = 'Whether the provider reported all of these numbers. False: the gateway estimated some.';

export const CostRef = builder.objectRef<Cost>('Cost').implement({
  description: 'An amount of money, by the setting `MODEL_PRICES`.',
  fields: (t) => ({
    amount: t.exposeString('amount', {
      description: 'The exact amount, a decimal number as text: `0.01275`.',
    }),
    currency: t.exposeString('currency', {
      description: 'The currency, as three capital letters (`PRICE_CURRENCY`).',
    }),
  }),
});

export const ModelUsageRef = builder.objectRef<Usage>('ModelUsage').implement({
  description: 'The tokens that one model has used.',
  fields: (t) => ({
    providerName: t.exposeString('providerName', { description: 'The provider of the model.' }),
    modelName: t.exposeString('modelName', { description: 'The name of the model.' }),
    inputTokens: t.exposeFloat('inputTokens', { description: counts.inputTokens }),
    outputTokens: t.exposeFloat('outputTokens', { description: counts.outputTokens }),
    reasoningTokens: t.exposeFloat('reasoningTokens', { description: counts.reasoningTokens }),
    cacheReadInputTokens: t.exposeFloat('cachedInputTokens', { description: counts.cachedInputTokens }),
    cachedInputTokens: t.exposeFloat('cachedInputTokens', {
      description: counts.cachedInputTokens,
      deprecationReason: 'Use `cacheReadInputTokens`, which is the same number.',
    }),
    cacheWriteInputTokens: t.exposeFloat('cacheWriteInputTokens', {
      description: counts.cacheWriteInputTokens,
    }),
    totalTokens: t.float({
      description: '`inputTokens` and `outputTokens` together.',
      resolve: (usage) => usage.inputTokens + usage.outputTokens,
    }),
    measured: t.exposeBoolean('measured', { description: measured }),
    cost: t.field({
      type: CostRef,
      nullable: true,
      description: 'What the tokens cost; null if the gateway knows no price of the model.',
      resolve: (usage, _args, { prices }) => prices.cost([usage]),
    }),
  }),
});

export interface TokenUsage {
  contextTokens: number;
  contextLimit: number | null;
  byModel: Usage[];
}

type Count = keyof typeof counts;
const sum = (usage: TokenUsage, ...keys: Count[]) => sumOf(usage.byModel, ...keys);

/** The tokens of these kinds that models have used together. */
export function sumOf(byModel: readonly Usage[], ...keys: Count[]): number {
  return byModel
    .flatMap((model) => keys.map((key) => model[key]))
    .reduce((total, tokens) => total + tokens, 0);
}

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
    cost: t.field({
      type: CostRef,
      nullable: true,
      description:
        'What the tokens cost, without those of models whose price the gateway does not know; null if it knows no price. `byModel` shows the cost of each model.',
      resolve: ({ byModel }, _args, { prices }) => prices.cost(byModel),
    }),
    byModel: t.field({
      type: [ModelUsageRef],
      description: 'The tokens of each model that has answered in this session.',
      resolve: (usage) => usage.byModel,
    }),
  }),
});
