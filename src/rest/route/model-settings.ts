import { z } from '@hono/zod-openapi';
import type { ModelSettingsInput, SessionFieldsFragment } from '../../gql/graphql.ts';
import { lowerCase, upperCase } from './enum-case.ts';

const effort = z.enum(['off', 'low', 'medium', 'high']).nullable();
const overflow = z.enum(['summarise', 'trim']).nullable();
const described = {
  reasoning_effort: 'How much the model reasons. Many models cannot stop reasoning and refuse `off`.',
  temperature: 'How random the answer is, from 0 to 2.',
  max_output_tokens: 'The most tokens of one response of the model, reasoning included.',
  response_schema: 'A JSON schema of the type `object`: the answer is JSON that fits it.',
  context_overflow:
    'What happens to the oldest messages that do not fit into the context of the model. `summarise`: the model sums them up; `trim`: it is not told them.',
} as const;

/** `settings` in a request. GraphQL checks the values. */
export const ModelSettingsBody = z
  .strictObject({
    reasoning_effort: effort.optional().openapi({ description: described.reasoning_effort, example: 'low' }),
    temperature: z
      .number()
      .nullable()
      .optional()
      .openapi({ description: described.temperature, minimum: 0, maximum: 2 }),
    max_output_tokens: z
      .int()
      .nullable()
      .optional()
      .openapi({ description: described.max_output_tokens, minimum: 1 }),
    response_schema: z
      .record(z.string(), z.unknown())
      .nullable()
      .optional()
      .openapi({ description: described.response_schema }),
    context_overflow: overflow.optional().openapi({ description: described.context_overflow }),
  })
  .openapi('ModelSettingsBody', {
    description:
      'What is asked of the model. A setting that the model does not take is refused with 422. Null: nothing is asked.',
    example: { reasoning_effort: 'low' },
  });

/** `settings` in a response. */
export const ModelSettings = z
  .object({
    reasoning_effort: effort.openapi({ description: described.reasoning_effort }),
    temperature: z.number().nullable().openapi({ description: described.temperature }),
    max_output_tokens: z.int().nullable().openapi({ description: described.max_output_tokens }),
    response_schema: z
      .record(z.string(), z.unknown())
      .nullable()
      .openapi({ description: described.response_schema }),
    context_overflow: overflow.openapi({ description: described.context_overflow }),
  })
  .openapi('ModelSettings', {
    description: 'What the session asks of its model. Null: the default of the gateway or of the provider.',
  });

export function settingsInput(
  settings: z.infer<typeof ModelSettingsBody> | null | undefined,
): ModelSettingsInput | null | undefined {
  if (settings == null) return settings;
  const { reasoning_effort: asked, context_overflow: when } = settings;
  return {
    reasoningEffort: asked == null ? asked : upperCase(asked),
    temperature: settings.temperature,
    maxOutputTokens: settings.max_output_tokens,
    responseSchema: settings.response_schema,
    contextOverflow: when == null ? when : upperCase(when),
  };
}

export function settingsJson(settings: SessionFieldsFragment['settings']): z.infer<typeof ModelSettings> {
  return {
    reasoning_effort: settings.reasoningEffort ? lowerCase(settings.reasoningEffort) : null,
    temperature: settings.temperature ?? null,
    max_output_tokens: settings.maxOutputTokens ?? null,
    response_schema: (settings.responseSchema as Record<string, unknown> | null | undefined) ?? null,
    context_overflow: settings.contextOverflow ? lowerCase(settings.contextOverflow) : null,
  };
}
