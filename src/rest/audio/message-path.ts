import { z } from '@hono/zod-openapi';
import { pathId } from '../input/path-id.ts';

/** `/sessions/messages/{message_id}` */
export const MessagePath = z.object({
  message_id: pathId('The `id` of the message, as in the history of its session.', 2),
});
