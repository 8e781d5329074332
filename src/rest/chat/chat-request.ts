import { z } from '@hono/zod-openapi';

/** The body of `POST /sessions/{session_id}/chat`. */
export const ChatRequest = z
  .strictObject({
    prompt: z.string().min(1).openapi({
      description: 'What the user says.',
      example: 'What is the capital of Portugal?',
    }),
    provider_name: z.string().nullable().optional().openapi({
      description: 'The provider that answers this prompt. Null or left out: the session’s.',
      example: 'demo',
    }),
    model_name: z.string().nullable().optional().openapi({
      description: 'The model that answers this prompt. Null or left out: the session’s.',
      example: 'demo-1',
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
