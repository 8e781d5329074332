import { z } from 'zod';

const amount = z.string().regex(/^\d{1,9}(?:\.\d{1,6})?$/, 'must be an amount of money, such as 25 or 0.5');

/** How much may be spent. A run that would spend more waits before its next request to a model. */
export const budgetSettings = {
  MAX_COST_PER_USER_PER_DAY: amount.optional().meta({
    description:
      'Budget of each user for a day, in PRICE_CURRENCY. Runs of a user who has used it up wait until the next day begins (UTC), or until an admin raises it.',
  }),
  MAX_COST_PER_USER_PER_MONTH: amount.optional().meta({
    description: 'Budget of each user for a calendar month (UTC), in PRICE_CURRENCY.',
  }),
  MAX_COST_PER_DAY: amount.optional().meta({
    description: 'Budget of all users together for a day (UTC), in PRICE_CURRENCY.',
  }),
  MAX_COST_PER_MONTH: amount.optional().meta({
    description: 'Budget of all users together for a calendar month (UTC), in PRICE_CURRENCY.',
  }),
};

type BudgetEnvironment = z.output<z.ZodObject<typeof budgetSettings>>;

/** Returns a sentence for each budget that nothing can be compared with. */
export function budgetConflicts(env: BudgetEnvironment & { MODEL_PRICES?: object | undefined }): string[] {
  const names = Object.keys(budgetSettings) as (keyof BudgetEnvironment)[];
  if (env.MODEL_PRICES !== undefined) return [];
  return names.flatMap((name) =>
    env[name] === undefined ? [] : `${name} has no effect without MODEL_PRICES.`,
  );
}

/** Amounts of money, as decimal numbers. Undefined: no limit. */
export function toBudgets(env: BudgetEnvironment) {
  return {
    perUserDay: env.MAX_COST_PER_USER_PER_DAY,
    perUserMonth: env.MAX_COST_PER_USER_PER_MONTH,
    perDay: env.MAX_COST_PER_DAY,
    perMonth: env.MAX_COST_PER_MONTH,
  };
}
