import { z } from 'zod';
import { json } from './setting-type.ts';

const decimal = /^\d{1,9}(?:\.\d{1,6})?$/;

/** A price, as a decimal number that stays exact. JSON may write it as a number or as a text. */
const price = z
  .union([z.number(), z.string()], 'must be a number')
  .transform(String)
  .refine((text) => decimal.test(text), 'must be a number from 0, with at most 6 digits behind the point');

const priced = z.strictObject(
  { input: price, output: price, cachedInput: price.optional(), cacheWriteInput: price.optional() },
  'must have input and output, and nothing else but cachedInput and cacheWriteInput',
);

const shape =
  'must be a JSON object with the prices of each model ({"openai/gpt-5":{"input":1.25,"cachedInput":0.125,"output":10}})';

const prices = z.record(z.string(), priced, shape).superRefine((value, context) => {
  for (const name of Object.keys(value)) {
    if (/^[^/\s]+(?:\/\S.*)?$/.test(name)) continue;
    context.addIssue({ code: 'custom', message: 'is no provider, and no provider/model', path: [name] });
  }
});

/** What models cost. */
export const priceSettings = {
  MODEL_PRICES: json(prices, shape).optional().meta({
    description:
      'Prices for a million tokens, as JSON: {"openai/gpt-5":{"input":1.25,"cachedInput":0.125,"output":10}}. A provider without a model stands for all its other models. cachedInput is for tokens that the provider reads from its cache, cacheWriteInput for those that it writes there; default: as input. With them, usage has a cost.',
  }),
  PRICE_CURRENCY: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be the code of a currency, such as USD or EUR')
    .default('USD')
    .meta({ description: 'The currency of MODEL_PRICES, as three capital letters.' }),
};

export function toPrices(env: z.output<z.ZodObject<typeof priceSettings>>) {
  return { currency: env.PRICE_CURRENCY, models: env.MODEL_PRICES ?? {} };
}
