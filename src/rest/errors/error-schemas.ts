import { z } from '@hono/zod-openapi';

const ValidationErrorSchema = z
  .object({
    loc: z.array(z.union([z.string(), z.int()])).openapi({
      description:
        'Where the error is: `path`, `query`, `header` or `body`, then the names of the fields that lead to the value.',
      example: ['path', 'session_id'],
    }),
    msg: z
      .string()
      .openapi({ description: 'A sentence for people that says what is wrong.', example: 'Field required' }),
    type: z
      .string()
      .openapi({ description: 'What is wrong, as a fixed name for programs.', example: 'missing' }),
    input: z.unknown().openapi({
      description: 'The value that the gateway received. If a field is missing, the object that lacks it.',
    }),
    ctx: z
      .record(z.string(), z.unknown())
      .optional()
      .openapi({ description: 'The values that `msg` mentions, such as a limit.' }),
  })
  .openapi('ValidationError', { description: 'One error in the input of a request.' });

/** The body of every 422 response. */
export const HttpValidationError = z
  .object({
    detail: z
      .array(ValidationErrorSchema)
      .openapi({ description: 'Every error in the input of the request.' }),
  })
  .openapi('HTTPValidationError', {
    description: 'The input of the request is not valid.',
  });

/** The body of every other response that reports a failure. */
export const ErrorDetail = z
  .object({ detail: z.string().openapi({ description: 'A sentence for people that says what went wrong.' }) })
  .openapi('ErrorDetail', { description: 'The request failed.' });
