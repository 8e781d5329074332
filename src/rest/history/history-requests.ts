import { z } from '@hono/zod-openapi';
import { positiveInt } from '../input/positive-int.ts';

/** What to look for in the messages of a session. */
export const MessageSearch = z.object({
  query: z.string().openapi({
    description: 'The words, at most 200 characters. No character has a special meaning.',
    maxLength: 200,
    example: 'train Lisbon',
  }),
  first: positiveInt(100)
    .optional()
    .openapi({ description: 'How many messages to return: 1 to 100. Left out: 20.', example: 20 }),
  after: z.string().optional().openapi({
    description: 'The `next` of the page before, to go on behind it. Left out: the first page.',
  }),
});
