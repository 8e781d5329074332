import { z } from 'zod';
import type { ModelSettingsInput, ReasoningEffort } from '../../gql/graphql.ts';

const effort = z.enum(['none', 'low', 'medium', 'high'], {
  error: "expected 'none', 'low', 'medium' or 'high'",
});

export const reasoningEffort = effort.nullish();
export const temperature = z.number().nullish();
export const tokenCount = z.int('expected a whole number').nullish();

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
