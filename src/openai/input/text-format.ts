import { z } from 'zod';

/** A format of the answer. Chat Completions has the schema within `json_schema`, Responses beside the type. */
const textFormat = z.object({ type: z.literal('text') });
const schemaParts = { schema: z.record(z.string(), z.unknown()), name: z.string().nullish() };

export const responseFormat = z
  .discriminatedUnion(
    'type',
    [textFormat, z.object({ type: z.literal('json_schema'), json_schema: z.object(schemaParts) })],
    { error: "expected the type 'text' or 'json_schema'" },
  )
  .nullish();

export const textConfig = z
  .object({
    format: z
      .discriminatedUnion(
        'type',
        [textFormat, z.object({ type: z.literal('json_schema'), ...schemaParts })],
        {
          error: "expected the type 'text' or 'json_schema'",
        },
      )
      .nullish(),
    verbosity: z
      .literal('medium', { error: "expected 'medium': the gateway cannot honour others" })
      .nullish(),
  })
  .nullish();
