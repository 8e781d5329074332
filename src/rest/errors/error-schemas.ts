import { z } from '@hono/zod-openapi';

const ValidationErrorSchema = z
  .object({
    loc: z.array(z.union([z.string(), z.int()])).openapi({
      description: 'Where: `path`, `query`, `header` or `body`, then the way to the value.',
      example: ['path', 'session_id'],
    }),
    msg: z.string().openapi({ description: 'What is wrong, in a sentence.', example: 'Field required' }),
    type: z.string().openapi({ description: 'What is wrong, as a fixed name.', example: 'missing' }),
    input: z.unknown().openapi({ description: 'The value that was received.' }),
    ctx: z
      .record(z.string(), z.unknown())
      .optional()
      .openapi({ description: 'The facts that the sentence is made of, such as a limit.' }),
  })
  .openapi('ValidationError', { description: 'One thing wrong with a request.' });

/** The answer to a request that makes no sense: status 422. */
export const HttpValidationError = z
  .object({
    detail: z.array(ValidationErrorSchema).openapi({ description: 'All that is wrong with the request.' }),
  })
  .openapi('HTTPValidationError', {
    description: 'The request was understood, but its content is not valid.',
  });

/** The answer to a request that failed otherwise. */
export const ErrorDetail = z
  .object({ detail: z.string().openapi({ description: 'What went wrong, in a sentence.' }) })
  .openapi('ErrorDetail', { description: 'A failure.' });
