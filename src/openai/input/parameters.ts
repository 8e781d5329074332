import { cutText } from '../../base/cut-text.ts';
import { ApiError, unsupported } from '../../dialect/errors/api-error.ts';

/** What to do with each parameter that a dialect has. */
export interface Parameters {
  /** The parameters that change the answer as their name says. */
  honoured: readonly string[];
  /** The parameters that change nothing that a client sees in an answer, such as hints for OpenAI's caches and billing. */
  harmless: readonly string[];
  /** The parameters that are taken only with the values that stand for what the gateway does anyway. */
  neutral: Readonly<Record<string, (value: unknown) => boolean>>;
}

/**
 * Refuses what would change the answer and cannot be honoured. A client that asks for it must not get an answer that
 * looks as if it had been.
 *
 * @throws ApiError 400 that names the parameter.
 */
export function checkParameters(body: Record<string, unknown>, rules: Parameters): void {
  const taken = new Set([...rules.honoured, ...rules.harmless]);
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined || taken.has(name)) continue;
    const isNeutral = Object.hasOwn(rules.neutral, name) ? rules.neutral[name] : undefined;
    if (isNeutral === undefined) {
      throw new ApiError(400, `Unknown parameter: '${cutText(name, 100)}'.`, {
        param: cutText(name, 100),
        code: 'unknown_parameter',
      });
    }
    if (!isNeutral(value)) throw unsupported(name, 'The gateway cannot honour this value; leave it out.');
  }
}

/** Whether the value is one of these. */
export function oneOf(...values: unknown[]): (value: unknown) => boolean {
  return (value) => values.includes(value);
}

export function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
