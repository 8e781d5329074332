import { z } from '@hono/zod-openapi';
import { pathId } from '../input/path-id.ts';

/** `/sessions/messages/{message_id}` */
export const MessagePath = z.object({
  message_id: pathId('The `id` of a message, as the history of its session shows it.', 2),
});
