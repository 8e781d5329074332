import { z } from '@hono/zod-openapi';
import { fault } from '../errors/validation-error.ts';

/** The schema of a whole number of a path or a query, from 1 to a bound. It is refused in the words of FastAPI. */
export function positiveInt(maximum: number) {
  return z
    .string()
    .transform((text, { issues }) => {
      if (!/^[+-]?\d+$/.test(text)) {
        const msg = 'Input should be a valid integer, unable to parse string as an integer';
        issues.push(fault('int_parsing', msg, text));
        return z.NEVER;
      }
      const number = Number(text);
      if (number <= 0) {
        issues.push(fault('greater_than', 'Input should be greater than 0', text, { gt: 0 }));
      } else if (number > maximum) {
        const msg = `Input should be less than or equal to ${maximum}`;
        issues.push(fault('less_than_equal', msg, text, { le: maximum }));
      }
      return number;
    })
    .openapi({ type: 'integer', minimum: 1, maximum });
}
