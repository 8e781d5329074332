import { z } from 'zod';
import type {
  ContextOverflow,
  ModelSettings,
  PartialSettings,
  ReasoningEffort,
} from '../chat/models/settings/model-settings.ts';
import { readSettings } from '../chat/models/settings/stored-settings.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { responseSchema } from './response-schema.ts';

export const ReasoningEffortRef = enumFromTable<ReasoningEffort>(
  'ReasoningEffort',
  'How much a model reasons before it answers. Reasoning costs tokens and time, and makes answers better.',
  {
    OFF: 'The model does not reason. Many models cannot stop reasoning and refuse this value.',
    LOW: 'The model reasons a little.',
    MEDIUM: 'The model reasons.',
    HIGH: 'The model reasons a lot.',
  },
);

const ContextOverflowRef = enumFromTable<ContextOverflow>(
  'ContextOverflow',
  'What happens to the oldest messages of a session that do not fit into the context of the model. They stay in the session in both cases.',
  {
    SUMMARISE:
      'The model sums them up and is told the summary in their place, which costs its tokens. If it fails to, they are left out.',
    TRIM: 'The model is not told them.',
  },
);

const described = {
  reasoningEffort: 'How much the model reasons.',
  temperature:
    'How random the answer is, from 0 to 2. Models that take a temperature only without reasoning do not reason then.',
  maxOutputTokens:
    'The most tokens of one response of the model, reasoning included, from 1 to 1,000,000. A longer answer breaks off with the finish reason LENGTH.',
  responseSchema:
    'A JSON schema of the type "object", of at most 32,768 bytes and 32 levels: the answer is JSON that fits it.',
  contextOverflow:
    'What happens to the oldest messages that do not fit into the context of the model. The demo model takes only TRIM.',
} as const;

const otherwise = 'Null: the default of the gateway or, if the gateway has no default, that of the provider.';

const ModelSettingsRef = builder.objectRef<ModelSettings>('ModelSettings').implement({
  description: 'What a session asks of its model.',
  fields: (t) => ({
    reasoningEffort: t.expose('reasoningEffort', {
      type: ReasoningEffortRef,
      nullable: true,
      description: `${described.reasoningEffort} ${otherwise}`,
    }),
    temperature: t.exposeFloat('temperature', {
      nullable: true,
      description: `${described.temperature} ${otherwise}`,
    }),
    maxOutputTokens: t.exposeInt('maxOutputTokens', {
      nullable: true,
      description: `${described.maxOutputTokens} ${otherwise}`,
    }),
    responseSchema: t.expose('responseSchema', {
      type: 'JSON',
      nullable: true,
      description: `${described.responseSchema} Null: the answer is free text.`,
    }),
    contextOverflow: t.expose('contextOverflow', {
      type: ContextOverflowRef,
      nullable: true,
      description: `${described.contextOverflow} Null: as \`MODEL_CONTEXT_OVERFLOW\` of the gateway says.`,
    }),
  }),
});

export const ModelSettingsInput = builder.inputType('ModelSettingsInput', {
  description:
    'What is asked of a model. A setting that the chosen model does not take is refused with BAD_USER_INPUT; `Model` says which it takes.',
  fields: (t) => ({
    reasoningEffort: t.field({ type: ReasoningEffortRef, description: described.reasoningEffort }),
    temperature: t.float({
      validate: z.number().min(0, 'expected a number from 0 to 2').max(2, 'expected a number from 0 to 2'),
      description: described.temperature,
    }),
    maxOutputTokens: t.int({
      validate: z
        .number()
        .min(1, 'expected a whole number from 1 to 1,000,000')
        .max(1_000_000, 'expected a whole number from 1 to 1,000,000'),
      description: described.maxOutputTokens,
    }),
    responseSchema: t.field({
      type: 'JSON',
      validate: responseSchema,
      description: described.responseSchema,
    }),
    contextOverflow: t.field({ type: ContextOverflowRef, description: described.contextOverflow }),
  }),
});

/** The input as the engine takes it. Its schema has been checked, though its scalar says that it can be anything. */
export function toSettings(
  input: typeof ModelSettingsInput.$inferInput | null | undefined,
): PartialSettings | null | undefined {
  return input as PartialSettings | null | undefined;
}

builder.prismaObjectFields('Session', (t) => ({
  settings: t.field({
    type: ModelSettingsRef,
    description: 'What the session asks of its model. A prompt can ask for something else.',
    resolve: ({ settings }) => readSettings(settings),
  }),
}));
