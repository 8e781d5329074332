import type { Usage } from '../chat/usage/usage.ts';
import {
  addDays,
  dayOf,
  maxUsageRows,
  readUsage,
  type UsageBy,
  type UsageRow,
} from '../chat/usage/usage-report.ts';
import { GatewayError } from '../errors.ts';
import { ownerOf } from './access/access.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { nameText } from './input-checks.ts';
import { CostRef, counts, sumOf } from './token-usage.ts';

const UsageByRef = enumFromTable<UsageBy>(
  'UsageBy',
  'By what the rows of a report of usage are put together.',
  {
    DAY: 'A row for each day on which something was used, in UTC, the earliest first.',
    MODEL: 'A row for each model, the one with most tokens first.',
    FEATURE: 'A row for each `featureName` of sessions, the one with most tokens first.',
    USER: 'A row for each user, the one with most tokens first.',
  },
);

/** The tokens of one kind that a row has. */
const tokens = (row: UsageRow, key: keyof typeof counts) => sumOf(row.byModel, key);

const UsageRowRef = builder.objectRef<UsageRow>('UsageRow').implement({
  description: 'What was used on one day, of one model, in one part of the application, or by one user.',
  fields: (t) => {
    const count = (key: keyof typeof counts) =>
      t.float({ description: counts[key], resolve: (row) => tokens(row, key) });
    const group = (by: UsageBy, description: string) =>
      t.string({
        nullable: true,
        description: `${description}; null unless the rows are by ${by}.`,
        resolve: (row) => (row.by === by ? row.group : null),
      });
    const model = (key: 'providerName' | 'modelName', description: string) =>
      t.string({
        nullable: true,
        description: `${description}; null unless the rows are by MODEL.`,
        resolve: ({ by, byModel }) => (by === 'MODEL' ? (byModel[0]?.[key] ?? null) : null),
      });
    return {
      day: t.field({
        type: 'Date',
        nullable: true,
        description: 'The day on which the runs ended, in UTC; null unless the rows are by DAY.',
        resolve: ({ by, group: day }) => (by === 'DAY' ? day : null),
      }),
      providerName: model('providerName', 'The provider of the model'),
      modelName: model('modelName', 'The name of the model'),
      featureName: group('FEATURE', 'The part of the application'),
      userId: group('USER', 'The user'),
      runs: t.exposeInt('runs', { description: 'How many runs have ended.' }),
      inputTokens: count('inputTokens'),
      outputTokens: count('outputTokens'),
      reasoningTokens: count('reasoningTokens'),
      cacheReadInputTokens: t.float({
        description: counts.cachedInputTokens,
        resolve: (row) => tokens(row, 'cachedInputTokens'),
      }),
      cacheWriteInputTokens: count('cacheWriteInputTokens'),
      totalTokens: t.float({
        description: '`inputTokens` and `outputTokens` together.',
        resolve: (row) => tokens(row, 'inputTokens') + tokens(row, 'outputTokens'),
      }),
      measured: t.boolean({
        description:
          'Whether the providers reported all of these numbers. False: the gateway estimated some.',
        resolve: ({ byModel }) => byModel.every(({ measured }) => measured),
      }),
      cost: t.field({
        type: CostRef,
        nullable: true,
        description:
          'What the tokens cost by the present `MODEL_PRICES`, without those of models that have no price: see `unpricedTokens`. Null if none of the models has a price.',
        resolve: ({ byModel }, _args, { prices }) => prices.cost(byModel),
      }),
      unpricedTokens: t.float({
        description: 'How many of `totalTokens` are of models that have no price in `MODEL_PRICES`.',
        resolve: ({ byModel }, _args, { prices }) => {
          const unpriced: Usage[] = byModel.filter((usage) => !prices.knows(usage));
          return sumOf(unpriced, 'inputTokens') + sumOf(unpriced, 'outputTokens');
        },
      }),
    };
  },
});

/** The longest report, in days. */
const maxDays = 366;
const defaultDays = 30;

builder.queryField('usage', (t) =>
  t.field({
    type: [UsageRowRef],
    authScopes: (_root, { userId }) => ({ actFor: userId }),
    description: `The tokens that were used from one day to another, and what they cost. What was used in sessions that were deleted since is counted, too. A run counts on the day, in UTC, on which it ends. At most ${maxUsageRows.toLocaleString('en')} rows: those with the most tokens. Errors: BAD_USER_INPUT for more than ${maxDays} days.`,
    args: {
      userId: t.arg.string({
        validate: nameText,
        description:
          'Only the usage of this user. Default: the viewer; for an admin, all users. Only an admin may name another user (FORBIDDEN).',
      }),
      from: t.arg({
        type: 'Date',
        description: `The first day. Default: ${defaultDays - 1} days before \`to\`.`,
      }),
      to: t.arg({ type: 'Date', description: 'The last day. Default: today, in UTC.' }),
      by: t.arg({
        type: UsageByRef,
        required: true,
        description: 'By what the rows are put together.',
      }),
    },
    resolve: (_root, { userId, by, ...range }, context) => {
      const to = range.to ?? dayOf(new Date());
      const from = range.from ?? addDays(to, 1 - defaultDays);
      if (from > to) throw wrongRange(`from: expected a day that is not after ${to}`);
      if (addDays(from, maxDays) <= to)
        throw wrongRange(`from: expected at most ${maxDays} days up to ${to}`);
      return readUsage(context.statements, { userId: userId ?? ownerOf(context), from, to, by });
    },
  }),
);

function wrongRange(message: string): GatewayError {
  return new GatewayError('BAD_USER_INPUT', message, { field: 'from' });
}
