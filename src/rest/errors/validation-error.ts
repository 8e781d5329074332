import type { z } from '@hono/zod-openapi';
import type { ValidationError } from './rest-error.ts';

type Issue = z.core.$ZodIssue;
type Fault = Pick<ValidationError, 'type' | 'msg' | 'ctx'>;

/** The parts of a request, as FastAPI names them in `loc`. */
export type Part = 'path' | 'query' | 'header' | 'body';

/** The values that a request carried, before they were validated. */
export type RawInput = Partial<Record<Part, unknown>>;

/**
 * Translates Zod's issues into the errors that pydantic v2 reports.
 *
 * @param value The validated value; `input` of each error is a part of it.
 */
export function validationErrors(issues: readonly Issue[], part: Part, value: unknown): ValidationError[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
    const input = valueAt(value, path);
    const loc = [part, ...path.map((key) => (part === 'header' ? String(key).toLowerCase() : key))];
    // For a missing field, pydantic reports the object that lacks it as `input`.
    return input === undefined
      ? [{ type: 'missing', loc, msg: 'Field required', input: valueAt(value, path.slice(0, -1)) ?? null }]
      : [{ ...describe(issue, input), loc, input }];
  });
}

/**
 * A custom Zod issue that is reported under one of pydantic's names.
 *
 * @param type pydantic's name of the error, such as `int_parsing`.
 * @param msg The message that pydantic gives with it.
 */
export function fault(type: string, msg: string, input: unknown, ctx?: Record<string, unknown>) {
  return { code: 'custom' as const, message: msg, input, params: { type, ...(ctx && { ctx }) } };
}

function describe(issue: Issue, input: unknown): Fault {
  switch (issue.code) {
    case 'invalid_type':
      return typeErrors[issue.expected] ?? objectError;
    case 'too_big':
      if (!isNumber(issue.origin)) return { type: 'value_error', msg: issue.message };
      return {
        type: 'less_than_equal',
        msg: `Input should be less than or equal to ${issue.maximum}`,
        ctx: { le: Number(issue.maximum) },
      };
    case 'too_small':
      if (isNumber(issue.origin)) {
        return {
          type: 'greater_than_equal',
          msg: `Input should be greater than or equal to ${issue.minimum}`,
          ctx: { ge: Number(issue.minimum) },
        };
      }
      if (issue.origin === 'array') return listTooShort(Number(issue.minimum), input);
      return {
        type: 'string_too_short',
        msg: `String should have at least ${issue.minimum} character${issue.minimum === 1 ? '' : 's'}`,
        ctx: { min_length: Number(issue.minimum) },
      };
    case 'invalid_value':
      return literalError(issue.values.map((value) => `'${String(value)}'`));
    case 'custom':
      return { type: 'value_error', msg: issue.message, ...issue.params };
    default:
      return { type: 'value_error', msg: issue.message };
  }
}

function isNumber(origin: string): boolean {
  return origin === 'number' || origin === 'int';
}

const objectError: Fault = {
  type: 'model_attributes_type',
  msg: 'Input should be a valid dictionary or object to extract fields from',
};

const typeErrors: Record<string, Fault> = {
  string: { type: 'string_type', msg: 'Input should be a valid string' },
  array: { type: 'list_type', msg: 'Input should be a valid list' },
  number: { type: 'float_type', msg: 'Input should be a valid number' },
  int: {
    type: 'int_from_float',
    msg: 'Input should be a valid integer, got a number with a fractional part',
  },
};

function listTooShort(least: number, input: unknown): Fault {
  const length = Array.isArray(input) ? input.length : 0;
  return {
    type: 'too_short',
    msg: `List should have at least ${least} item${least === 1 ? '' : 's'} after validation, not ${length}`,
    ctx: { field_type: 'List', min_length: least, actual_length: length },
  };
}

function literalError(choices: string[]): Fault {
  const expected = [choices.slice(0, -1).join(', '), choices.at(-1)].filter(Boolean).join(' or ');
  return { type: 'literal_error', msg: `Input should be ${expected}`, ctx: { expected } };
}

/** The value that the keys of `path` lead to; undefined if one of them is missing. Inherited properties do not count. */
export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (isRecord(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined),
    value,
  );
}

function isRecord(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}
