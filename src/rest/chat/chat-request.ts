import { z } from '@hono/zod-openapi';
import { maxId } from '../../base/global-id.ts';
import { orDefault } from '../input/or-default.ts';
import { ModelSettingsBody } from '../route/model-settings.ts';

/** The body of `POST /sessions/{session_id}/chat`. */
export const ChatRequest = z
  .object({
    prompt: z.string().min(1).openapi({
      description: 'The text that the model answers. Must not be empty.',
      example: 'What is the capital of Portugal?',
    }),
    provider_name: z.string().nullable().optional().openapi({
      description:
        'The provider that answers this prompt, such as `openai` or `demo`. Null or left out: the provider of the session.',
      example: 'demo',
    }),
    model_name: z.string().nullable().optional().openapi({
      description: 'The model that answers this prompt. Null or left out: the model of the session.',
      example: 'demo-1',
    }),
    settings: ModelSettingsBody.nullable().optional().openapi({
      description:
        'Settings for this prompt only. A setting that is left out or null is the one of the session.',
    }),
    attachment_ids: z
      .array(z.int().min(1).max(maxId))
      .max(1_000)
      .nullable()
      .optional()
      .openapi({
        description:
          'The files that are sent with the prompt: the `id` of each, as the upload to this session returned it. Null or left out: no files.',
        example: [3],
      }),
    request_id: z.string().nullable().optional().openapi({
      description:
        'An idempotency key of your choice, unique within the session. If you send the same prompt with the same key again, the stream follows the run that the first request started. Without a key, every request starts a run.',
      example: '5b2c8a4e-3f0d-4b1c-9a55-1c9a6f6f7c11',
    }),
    on_busy: orDefault(z.enum(['reject', 'interrupt', 'enqueue']), 'enqueue').openapi({
      description:
        'What happens if a run is in progress in the session. `enqueue`: the prompt waits until the earlier runs have ended. `interrupt`: the run in progress and the prompts that wait are cancelled, then this prompt is answered. `reject`: the request is refused with 409. Null or left out: `enqueue`.',
      example: 'enqueue',
    }),
  })
  .openapi('ChatRequest', {
    description: 'A prompt and how to answer it. Unknown fields are ignored.',
    // The example has no request_id: a reader who sends it twice would get the first answer again.
    example: { prompt: 'What is the capital of Portugal?' },
  });
