import { z } from '@hono/zod-openapi';
import { maxId } from '../../base/global-id.ts';
import { fault } from '../errors/validation-error.ts';
import { orDefault } from '../input/or-default.ts';
import { ModelSettingsBody } from '../route/model-settings.ts';

const messageId = z.int().min(1).max(maxId).nullable().optional();

/** Checks an object also where one of its fields has an error. */
const checkedWithOthers = {
  when: ({ value }: { value: unknown }) =>
    typeof value === 'object' && value !== null && !Array.isArray(value),
};

const ClientTool = z
  .object({
    name: z.string().openapi({
      description:
        'The name by which the model calls the tool: 1 to 64 of `a-z`, `A-Z`, `0-9`, `_` and `-`, beginning with a letter or `_`. Not the name of a tool of nodes, and not `ask_user`.',
      example: 'get_location',
    }),
    description: z.string().nullable().optional().openapi({
      description:
        'What the tool does and when to use it, for the model: at most 4,096 characters. Null or left out: nothing.',
      example: 'Returns the city in which the user is.',
    }),
    input_schema: z.record(z.string(), z.unknown()).openapi({
      description:
        'The JSON Schema (draft 7 or later) of the arguments, of the type `object`, of at most 32,768 bytes and 32 levels. Arguments that do not match it never reach a client: the model is told what is wrong.',
      example: { type: 'object', properties: {} },
    }),
  })
  .openapi('ClientTool', { description: 'A tool that your client runs when the model calls it.' });

/** The body of `POST /sessions/{session_id}/chat`. */
export const ChatRequest = z
  .object({
    prompt: z.string().min(1).nullable().optional().openapi({
      description:
        'The text that the model answers. Must not be empty. Required, except with `answer_to`: then leave it out.',
      example: 'What is the capital of Portugal?',
    }),
    edit_of: messageId.openapi({
      description:
        'The `id` of an earlier prompt of the session. This prompt is another version of it: it takes its place in the conversation, which goes on from here. The earlier version is kept, with all that follows it. Null or left out: the prompt continues the conversation.',
      example: 3,
    }),
    answer_to: messageId.openapi({
      description:
        'The `id` of an earlier prompt of the session that is answered once more, perhaps by another model. Leave `prompt`, `edit_of` and `attachment_ids` out. The earlier answers are kept, with all that follows them. Null or left out: `prompt` is answered.',
      example: 3,
    }),
    expected_head: messageId.openapi({
      description:
        'The `id` of the last message that your client shows. If it is not the last one of `GET /sessions/{session_id}/messages` any more, the request is refused with 409: read the messages again. Null or left out: no check.',
      example: 4,
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
    tools: z.array(ClientTool).nullable().optional().openapi({
      description:
        'Tools that your client runs, which the model may call while it answers this prompt: at most 64. Each call makes a `client_tool` frame and waits for `POST /runs/{run_id}/tool-calls/answer`. Null or left out: no tools; with `answer_to`, those of the prompt that is answered.',
      example: null,
    }),
    ask_user: z.boolean().nullable().optional().openapi({
      description:
        'Whether the model may ask the user questions, with the tool `ask_user`. Each question makes a `client_tool` frame and waits for `POST /runs/{run_id}/tool-calls/answer`. Null or left out: `ask_user` of the session; with `answer_to`, as for the prompt that is answered.',
      example: null,
    }),
    request_id: z.string().nullable().optional().openapi({
      description:
        'An idempotency key of your choice, unique within the session. If you send the same prompt with the same key, `edit_of` and `answer_to` again, the stream follows the run that the first request started. Without a key, every request starts a run.',
      example: '5b2c8a4e-3f0d-4b1c-9a55-1c9a6f6f7c11',
    }),
    on_busy: orDefault(z.enum(['reject', 'interrupt', 'enqueue', 'steer']), 'enqueue').openapi({
      description:
        'What happens if a run is in progress in the session. `enqueue`: the prompt waits until the earlier runs have ended. `steer`: the prompt joins the answer that is being written, after its present tool calls; if the answer ends first, the prompt is answered as with `enqueue`. `interrupt`: the run in progress and the prompts that wait are cancelled, then this prompt is answered. `reject`: the request is refused with 409. Null or left out: `enqueue`.',
      example: 'enqueue',
    }),
  })
  .superRefine(({ prompt, answer_to }, { issues }) => {
    if (prompt != null || answer_to != null) return;
    const missing = fault('string_type', 'Input should be a valid string', prompt);
    // FastAPI reports it together with the errors of other fields, in the order of the fields.
    issues.unshift({ ...missing, path: ['prompt'] });
  }, checkedWithOthers)
  .openapi('ChatRequest', {
    description: 'A prompt and how to answer it. Unknown fields are ignored.',
    // The example has no request_id: a reader who sends it twice would get the first answer again.
    example: { prompt: 'What is the capital of Portugal?' },
  });
