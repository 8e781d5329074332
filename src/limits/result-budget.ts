import { GatewayError } from '../errors.ts';

export interface ResultLimits {
  /** Most fields that a result may have. */
  maxQueryCost: number;
  /** Most bytes of keys and values that a result may have. Escapes in JSON are not counted. */
  maxResponseBytes: number;
}

/** So many bytes take as much time as one field. */
const bytesPerField = 1_000;
/** The rows that are loaded for a result may be this much larger than the result, because they have further columns. */
const loadedPerSent = 2;

/**
 * Counts the fields and bytes of one result while it is executed. A document cannot tell how long texts and lists are,
 * so a short document can ask for more than the memory holds.
 */
export class ResultBudget {
  readonly #limits: ResultLimits;
  #fields = 0;
  #bytes = 0;
  #loaded = 0;
  /** Undefined while the result is within its limits. */
  exceeded: GatewayError | undefined;

  constructor(limits: ResultLimits) {
    this.#limits = limits;
  }

  /** Begins the next result: a subscription executes its selection for each event. */
  begin(): void {
    this.#fields = 0;
    this.#bytes = 0;
    this.#loaded = 0;
    this.exceeded = undefined;
  }

  /** Whether a result of this size is within the limits. Counts nothing. */
  allows(fields: number, bytes: number): boolean {
    return fields <= this.#limits.maxQueryCost && bytes <= this.#limits.maxResponseBytes;
  }

  /** What the result has cost so far, in the unit of MAX_QUERY_COST: about one for each field. */
  get cost(): number {
    return this.#fields + Math.floor(Math.max(this.#bytes, this.#loaded) / bytesPerField);
  }

  /** @throws GatewayError QUERY_TOO_COMPLEX if a limit has been exceeded before. */
  check(): void {
    if (this.exceeded) throw this.exceeded;
  }

  /**
   * Counts fields, and the bytes of their keys and values.
   *
   * @throws GatewayError QUERY_TOO_COMPLEX if the result has too many fields or bytes with these.
   */
  spend(bytes: number, fields = 1): void {
    this.#fields += fields;
    this.#bytes += bytes;
    const { maxQueryCost, maxResponseBytes } = this.#limits;
    if (this.#fields > maxQueryCost) {
      this.#exceed('MAX_QUERY_COST', `The result has more than ${maxQueryCost} fields`);
    }
    if (this.#bytes > maxResponseBytes) {
      this.#exceed('MAX_RESPONSE_BYTES', `The result has more than ${maxResponseBytes} bytes`);
    }
  }

  /**
   * Counts the bytes of rows that are loaded for the result.
   *
   * @throws GatewayError QUERY_TOO_COMPLEX if the rows have more than twice the bytes that the result may have.
   */
  load(bytes: number): void {
    this.#loaded += bytes;
    const { maxResponseBytes } = this.#limits;
    if (this.#loaded <= loadedPerSent * maxResponseBytes) return;
    this.#exceed(
      'MAX_RESPONSE_BYTES',
      `The rows of the result have more than ${loadedPerSent} times ${maxResponseBytes} bytes`,
    );
  }

  #exceed(limit: string, fault: string): never {
    this.exceeded ??= new BudgetError(`${fault}: ask for smaller pages or fewer fields.`, limit);
    throw this.exceeded;
  }
}

/** Has a path, so that graphql-js does not copy it for each of the many fields that fail with it. */
class BudgetError extends GatewayError {
  override readonly path = [];

  constructor(message: string, limit: string) {
    super('QUERY_TOO_COMPLEX', message, { limit });
  }
}

/** The result for the client. Replaces the result of an exceeded budget, which has an error for each missing field. */
export function limitResult<Result>(budget: ResultBudget | undefined, result: Result) {
  return budget?.exceeded ? { data: null, errors: [toError(budget.exceeded)] } : result;
}

function toError({ message, extensions }: GatewayError): GatewayError {
  return new GatewayError('QUERY_TOO_COMPLEX', message, extensions);
}
