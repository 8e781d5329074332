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

/** The body of `POST /sessions/{session_id}/chat`. */
export const ChatRequest = z
  .strictObject({
    prompt: z.string().min(1).openapi({
      description: 'What the user says.',
      example: 'What is the capital of Portugal?',
    }),
    provider_name: providerName.openapi({
      description: 'The provider that answers this prompt. Null or left out: the session’s.',
    }),
    model_name: modelName.openapi({
      description: 'The model that answers this prompt. Null or left out: the session’s.',
    }),
    request_id: z.string().nullable().optional().openapi({
      description:
        'Your own key for this prompt, unique in the session. Sending the same prompt with the same key again follows the first run instead of starting a second one, so a send can be retried safely.',
      example: '5b2c8a4e-3f0d-4b1c-9a55-1c9a6f6f7c11',
    }),
    on_busy: z.enum(['reject', 'interrupt', 'enqueue']).default('enqueue').openapi({
      description:
        'What to do while the session is still answering: `enqueue` waits for its turn, `interrupt` cancels the answer in progress, `reject` answers 409.',
      example: 'enqueue',
    }),
  })
  .openapi('ChatRequest', {
    description: 'A prompt to answer.',
    // Not request_id: whoever tries the example twice would be shown the first answer again.
    example: { prompt: 'What is the capital of Portugal?' },
  });

/** The form of `POST /sessions/messages/{message_id}/audio`. */
export const AudioForm = z
  .object({ file: z.string().openapi({ format: 'binary', description: 'The recording.' }) })
  .openapi('Body_upload_message_audio_sessions_messages__message_id__audio_post', {
    description: 'A recording to upload.',
  });
