import { z } from '@hono/zod-openapi';
import { maxId } from '../../base/global-id.ts';
import { positiveInt } from './positive-int.ts';

/** The schema of a database id in a path: digits only, from 1 to `maxId`. */
export function pathId(description: string, example: number) {
  return positiveInt(maxId).openapi({ description, example });
}

/** `/sessions/{session_id}` */
export const SessionPath = z.object({
  session_id: pathId('The `id` of the session, as returned when the session was created.', 1),
});
