import { z } from '@hono/zod-openapi';
import { maxId } from '../base/global-id.ts';
import { fault } from './validation-error.ts';

/** A database id in a path: digits only, and in the range of ids. */
const pathId = z.string().transform((text, { issues }) => {
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

/** `/sessions/{session_id}` */
export const SessionPath = z.object({
  session_id: pathId.openapi({
    type: 'integer',
    minimum: 1,
    maximum: maxId,
    description: 'The `id` that the session was given when it was created.',
    example: 1,
  }),
});

/** `/sessions/{session_id}/nodes/{node_id}` */
export const SessionNodePath = SessionPath.extend({
  node_id: z
    .string()
    .openapi({ description: 'The id of a node attached to the session.', example: 'laptop' }),
});

/** `/sessions/messages/{message_id}` */
export const MessagePath = z.object({
  message_id: pathId.openapi({
    type: 'integer',
    minimum: 1,
    maximum: maxId,
    description: 'The `id` of a message, as the history of its session shows it.',
    example: 2,
  }),
});

/** Whose sessions a list or a deletion is about. An empty `user_id` is refused: nobody means everybody by it. */
export const SessionFilter = z.object({
  user_id: z.string().min(1).openapi({ description: 'Whose sessions: the `user_id` they belong to.' }),
  feature_name: z
    .string()
    .optional()
    .openapi({ description: 'Only sessions of this feature. Left out, the sessions of every feature.' }),
});

const headerText = (description: string) => z.string().optional().openapi({ description });

/** What a player, or a cache, may ask for besides the whole of a file. */
export const RangeHeaders = z.object({
  Range: headerText(
    'The bytes to send, such as `bytes=0-999` or `bytes=-500`. What makes no sense is ignored.',
  ),
  'If-Range': headerText(
    'The `ETag` or date of the copy that `Range` is to complete; if it is outdated, all is sent.',
  ),
  'If-None-Match': headerText('The `ETag` of a copy: as long as it is current, the answer is 304.'),
  'If-Modified-Since': headerText(
    'The `Last-Modified` of a copy: as long as it is current, the answer is 304.',
  ),
});
