import { z } from '@hono/zod-openapi';
import { maxId } from '../../base/global-id.ts';
import { fault } from '../errors/validation-error.ts';

const digits = z.string().transform((text, { issues }) => {
  if (!/^[+-]?\d+$/.test(text)) {
    const msg = 'Input should be a valid integer, unable to parse string as an integer';
    issues.push(fault('int_parsing', msg, text));
    return z.NEVER;
  }
  const id = Number(text);
  if (id <= 0) {
    issues.push(fault('greater_than', 'Input should be greater than 0', text, { gt: 0 }));
  } else if (id > maxId) {
    const msg = `Input should be less than or equal to ${maxId}`;
    issues.push(fault('less_than_equal', msg, text, { le: maxId }));
  }
  return id;
});

/** The schema of a database id in a path: digits only, from 1 to `maxId`. */
export function pathId(description: string, example: number) {
  return digits.openapi({ type: 'integer', minimum: 1, maximum: maxId, description, example });
}

/** `/sessions/{session_id}` */
export const SessionPath = z.object({
  session_id: pathId('The `id` of the session, as returned when the session was created.', 1),
});
