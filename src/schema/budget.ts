import { z } from 'zod';
import type { Budget } from '../chat/budgets/budgets.ts';
import { userOf } from './access/access.ts';
import { builder } from './builder.ts';
import { nameText } from './input-checks.ts';
import { CostRef } from './token-usage.ts';

const BudgetRef = builder.objectRef<Budget>('Budget').implement({
  description:
    'How much may be spent in a day or a month. While a budget is used up, runs wait before their next request to a model: see `RunPaused`.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description:
        'The setting of the budget: `MAX_COST_PER_USER_PER_DAY`, `MAX_COST_PER_USER_PER_MONTH`, `MAX_COST_PER_DAY` or `MAX_COST_PER_MONTH`. The first two are for one user, the others for all users together.',
    }),
    limit: t.field({
      type: CostRef,
      description: 'How much may be spent. `setUserBudget` takes the place of the setting.',
      resolve: ({ limit }) => limit,
    }),
    spent: t.field({
      type: CostRef,
      description: 'How much was spent since the period began, with the runs that are live.',
      resolve: ({ spent }) => spent,
    }),
    resetsAt: t.expose('resetsAt', {
      type: 'DateTime',
      description: 'When the next day or month begins, in UTC.',
    }),
  }),
});

const amount = z
  .string()
  .regex(/^\d{1,9}(?:\.\d{1,6})?$/, 'expected an amount of money, such as "25" or "0.5"');

builder.queryField('budgets', (t) =>
  t.field({
    type: [BudgetRef],
    authScopes: (_root, { userId }) => ({ actFor: userId }),
    description: 'The budgets that count for a user. Empty if nothing limits what they spend.',
    args: {
      userId: t.arg.string({
        validate: nameText,
        description: 'The user. Default: the viewer. Only an admin may name another user (FORBIDDEN).',
      }),
    },
    resolve: (_root, { userId }, context) => context.budgets.of(userId ?? userOf(context).userId),
  }),
);

builder.mutationField('setUserBudget', (t) =>
  t.field({
    type: [BudgetRef],
    nullable: true,
    authScopes: { admin: true },
    description:
      'Gives a user a budget of their own, in place of the settings `MAX_COST_PER_USER_PER_DAY` and `MAX_COST_PER_USER_PER_MONTH`, and returns the budgets that count for them now. Runs of the user that wait go on within two seconds if the budget allows it. Only for admins (FORBIDDEN). It has no effect without `MODEL_PRICES`.',
    args: {
      userId: t.arg.string({ required: true, validate: nameText, description: 'The user.' }),
      perDay: t.arg.string({
        validate: amount,
        description:
          'How much the user may spend in a day, as a decimal number in PRICE_CURRENCY: `"2.50"`; `"0"` stops all runs. Null or left out: what the setting says.',
      }),
      perMonth: t.arg.string({
        validate: amount,
        description: 'How much the user may spend in a calendar month, in the same form.',
      }),
    },
    resolve: async (_root, { userId, perDay = null, perMonth = null }, { budgets, actor }) => {
      await budgets.set(userId, { perDay, perMonth }, actor);
      return budgets.of(userId);
    },
  }),
);
