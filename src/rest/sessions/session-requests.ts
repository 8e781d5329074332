import { z } from '@hono/zod-openapi';

const title = z
  .string()
  .nullable()
  .optional()
  .openapi({ description: 'A name for people to recognise the session by.', example: 'Trip to Lisbon' });

const providerName = z.string().nullable().optional().openapi({
  description:
    'The model provider that answers, such as `openai` or `demo`. Null or left out: the gateway’s default.',
  example: 'demo',
});

const modelName = z.string().nullable().optional().openapi({
  description: 'The provider’s model that answers. Null or left out: the provider’s default.',
  example: 'demo-1',
});

const systemPrompt = z.string().nullable().optional().openapi({
  description: 'Instructions that the model gets ahead of every conversation in this session.',
  example: 'Answer in one sentence.',
});

const toolApproval = z.enum(['auto', 'ask', 'deny']);

/** The body of `POST /sessions/`. `{}` is enough. */
export const SessionCreate = z
  .strictObject({
    user_id: z.string().nullable().optional().openapi({
      description: 'Whom the session belongs to. Null or left out: the caller.',
      example: 'alice',
    }),
    title,
    feature_name: z.string().default('default').openapi({
      description:
        'The part of your product that the session is for; sessions can be listed and deleted by it.',
      example: 'default',
    }),
    provider_name: providerName,
    model_name: modelName,
    system_prompt: systemPrompt,
    tool_approval: toolApproval.default('auto').openapi({
      description:
        'Whether tools that run commands or change files may run on the attached nodes. `auto`: wherever the policy of the node itself allows it; the default, since REST has no way to ask. `ask`: once somebody has allowed the call over GraphQL. `deny`: never.',
      example: 'auto',
    }),
  })
  .openapi('SessionCreate', {
    description: 'A session to create. Every field is optional.',
    example: { title: 'Trip to Lisbon' },
  });

/** The body of `PATCH /sessions/{session_id}`. What is left out stays as it is; null clears. */
export const SessionUpdate = z
  .strictObject({
    title,
    provider_name: providerName,
    model_name: modelName,
    system_prompt: systemPrompt,
    tool_approval: toolApproval.optional().openapi({
      description: 'As for a new session. Cannot be null.',
      example: 'ask',
    }),
  })
  .openapi('SessionUpdate', {
    description: 'What to change. A field left out stays as it is; null clears it.',
    example: { title: 'Trip to Porto' },
  });

/** Whose sessions a list or a deletion is about. An empty `user_id` is refused: nobody means everybody by it. */
export const SessionFilter = z.object({
  user_id: z.string().min(1).openapi({ description: 'Whose sessions: the `user_id` they belong to.' }),
  feature_name: z
    .string()
    .optional()
    .openapi({ description: 'Only sessions of this feature. Left out, the sessions of every feature.' }),
});
