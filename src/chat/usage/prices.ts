import type { TokenCounts } from './usage.ts';

/** Prices for a million tokens, as decimal numbers with at most six digits behind the point. */
export interface ModelPrices {
  readonly input: string;
  readonly output: string;
  /** Of tokens that the provider reads from its cache. Default: `input`. */
  readonly cachedInput?: string | undefined;
  /** Of tokens that the provider writes to its cache. Default: `input`. */
  readonly cacheWriteInput?: string | undefined;
}

export interface PricesOptions {
  /** Three capital letters. */
  currency: string;
  /** By `provider/model`, or by `provider` for all its other models. */
  models: Readonly<Record<string, ModelPrices>>;
}

/** What tokens cost. */
export interface Cost {
  /** A decimal number, exact. */
  amount: string;
  currency: string;
}

/** The tokens of a model. */
export interface PricedUsage extends TokenCounts {
  providerName: string;
  modelName: string;
}

/** Digits behind the point of a price. */
const priceDigits = 6;
/** Digits behind the point of a cost: a price is for a million tokens. */
const costDigits = priceDigits + 6;

/** The prices of models. Costs are counted in whole numbers, so that they are exact. */
export class Prices {
  readonly #currency: string;
  readonly #models: ReadonlyMap<string, Record<keyof ModelPrices, bigint>>;

  constructor({ currency, models }: PricesOptions) {
    this.#currency = currency;
    const entries = Object.entries(models).map(([name, prices]) => [name, toUnits(prices)] as const);
    this.#models = new Map(entries);
  }

  /** Whether any model has a price. */
  get isSet(): boolean {
    return this.#models.size > 0;
  }

  /** Whether the gateway knows what a model costs. */
  knows(model: { providerName: string; modelName: string }): boolean {
    return this.#pricesOf(model) !== undefined;
  }

  /** The cost of the usages whose models have a price; null if no model has one. */
  cost(usages: readonly PricedUsage[]): Cost | null {
    const priced = usages.filter((usage) => this.knows(usage));
    if (priced.length === 0) return null;
    return this.toCost(this.units(priced));
  }

  /** Units as an amount of money. */
  toCost(units: bigint): Cost {
    return { amount: writeUnits(units), currency: this.#currency };
  }

  /** As `cost`, in units of 10^-12 of the currency. Models without a price cost nothing. */
  units(usages: readonly PricedUsage[]): bigint {
    return usages.reduce((sum, usage) => sum + this.#unitsOf(usage), 0n);
  }

  #unitsOf(usage: PricedUsage): bigint {
    const prices = this.#pricesOf(usage);
    if (prices === undefined) return 0n;
    const { inputTokens, outputTokens, cachedInputTokens, cacheWriteInputTokens } = usage;
    // A provider may report more cached tokens than tokens.
    const full = Math.max(0, inputTokens - cachedInputTokens - cacheWriteInputTokens);
    return (
      BigInt(full) * prices.input +
      BigInt(cachedInputTokens) * prices.cachedInput +
      BigInt(cacheWriteInputTokens) * prices.cacheWriteInput +
      BigInt(outputTokens) * prices.output
    );
  }

  #pricesOf({ providerName, modelName }: { providerName: string; modelName: string }) {
    return this.#models.get(`${providerName}/${modelName}`) ?? this.#models.get(providerName);
  }
}

function toUnits({ input, output, cachedInput = input, cacheWriteInput = input }: ModelPrices) {
  const read = (text: string) => readDecimal(text, priceDigits);
  return {
    input: read(input),
    output: read(output),
    cachedInput: read(cachedInput),
    cacheWriteInput: read(cacheWriteInput),
  };
}

/** A decimal number as a count of its smallest units. */
function readDecimal(text: string, digits: number): bigint {
  const [whole = '', part = ''] = text.split('.');
  return BigInt(whole + part.padEnd(digits, '0'));
}

/** An amount of money, such as `12.5`, in the units of `Prices.units`. */
export function readUnits(amount: string): bigint {
  return readDecimal(amount, costDigits);
}

/** The amount that so many units are, without zeros at its end. */
function writeUnits(units: bigint): string {
  const text = String(units).padStart(costDigits + 1, '0');
  const part = text.slice(-costDigits).replace(/0+$/, '');
  return text.slice(0, -costDigits) + (part && `.${part}`);
}
