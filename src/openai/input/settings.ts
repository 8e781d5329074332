import { z } from 'zod';
import type { ModelSettingsInput, ReasoningEffort } from '../../gql/graphql.ts';

const effort = z.enum(['none', 'low', 'medium', 'high'], {
  error: "expected 'none', 'low', 'medium' or 'high'",
});

export const reasoningEffort = effort.nullish();
export const temperature = z.number().nullish();
export const tokenCount = z.int('expected a whole number').nullish();

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

export interface AskedSettings {
  temperature?: number | null | undefined;
  maxOutputTokens?: number | null | undefined;
  effort?: z.output<typeof reasoningEffort>;
  schema?: Record<string, unknown> | undefined;
}

/** What a prompt asks of the model. */
export function settingsInput({
  temperature,
  maxOutputTokens,
  effort,
  schema,
}: AskedSettings): ModelSettingsInput {
  return {
    temperature,
    maxOutputTokens,
    reasoningEffort: effort == null ? effort : effortNames[effort],
    responseSchema: schema,
  };
}

const effortNames: Record<z.output<typeof effort>, ReasoningEffort> = {
  none: 'OFF',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
};
