import { z } from '@hono/zod-openapi';
import { orDefault, orUnchanged } from '../input/or-default.ts';
import { ModelSettingsBody } from '../route/model-settings.ts';

const title = z.string().nullable().optional().openapi({
  description: 'A name that helps people to recognise the session.',
  maxLength: 200,
  example: 'Trip to Lisbon',
});

const providerName = z.string().nullable().optional().openapi({
  description:
    'The model provider that answers the prompts, such as `openai` or `demo`. Null or left out: the gateway’s default provider.',
  example: 'demo',
});

const modelName = z.string().nullable().optional().openapi({
  description:
    'The model that answers the prompts, by the provider’s name for it. Null or left out: the provider’s default model.',
  example: 'demo-1',
});

const systemPrompt = z.string().nullable().optional().openapi({
  description:
    'Instructions that the model receives before the messages of the session. Null or left out: no instructions.',
  maxLength: 100_000,
  example: 'Answer in one sentence.',
});

const settings = ModelSettingsBody.nullable().optional().openapi({
  description:
    'What the session asks of its model. In an update, a setting that is left out keeps its value, and null removes it.',
});

const tags = z
  .array(z.string())
  .nullable()
  .optional()
  .openapi({
    description:
      'Words that the session is found by: at most 20 tags of at most 50 characters. In an update, they replace the present tags, and null removes all.',
    example: ['travel'],
  });

const metadata = z
  .record(z.string(), z.unknown())
  .nullable()
  .optional()
  .openapi({
    description:
      'A JSON object that your product keeps with the session, of at most 16,384 bytes and 8 levels. In an update, it replaces the present one, and null removes it.',
    example: { ticket: 4711 },
  });

const toolApproval = z.enum(['auto', 'ask', 'deny']);

/** The body of `POST /sessions/`. */
export const SessionCreate = z
  .object({
    user_id: z.string().nullable().optional().openapi({
      description: 'The user who owns the session. Null or left out: the user who sends the request.',
      example: 'alice',
    }),
    title,
    feature_name: orDefault(z.string(), 'default').openapi({
      description:
        'The part of your product that uses the session. You can list and delete sessions by this name. Null or left out: `default`.',
      example: 'default',
    }),
    provider_name: providerName,
    model_name: modelName,
    system_prompt: systemPrompt,
    settings,
    tags,
    metadata,
    tool_approval: orDefault(toolApproval, 'auto').openapi({
      description:
        'Whether a tool that runs commands or changes files may run on an attached node. `auto`: it runs if the policy of the node allows it; this is the default, because legacy clients know nothing of approvals. `ask`: it waits until somebody approves the call. `deny`: it never runs. Null or left out: `auto`.',
      example: 'auto',
    }),
    ask_user: orUnchanged(z.boolean()).openapi({
      description:
        'Whether the model may ask the user questions: then it has the tool `ask_user`, and the stream has a `client_tool` frame for each question, which is answered with `POST /runs/{run_id}/tool-calls/answer`. Null or left out: `false`.',
    }),
  })
  .openapi('SessionCreate', {
    description:
      'The settings of a new session. Every field is optional: `{}` is a valid body. Unknown fields are ignored.',
    example: { title: 'Trip to Lisbon' },
  });

/** The body of `PATCH /sessions/{session_id}`. */
export const SessionUpdate = z
  .object({
    title,
    provider_name: providerName,
    model_name: modelName,
    system_prompt: systemPrompt,
    settings,
    tags,
    metadata,
    archived: orUnchanged(z.boolean()).openapi({
      description:
        'True archives the session, false takes it out of the archive. Null or left out: it stays unchanged.',
    }),
    pinned: orUnchanged(z.boolean()).openapi({
      description: 'True pins the session, false unpins it. Null or left out: it stays unchanged.',
    }),
    tool_approval: orUnchanged(toolApproval).openapi({
      description:
        'Whether a tool that runs commands or changes files may run on an attached node: `auto`, `ask` or `deny`, as for a new session. Null or left out: it stays unchanged.',
      example: 'ask',
    }),
    ask_user: orUnchanged(z.boolean()).openapi({
      description:
        'Whether the model may ask the user questions, as for a new session. Null or left out: it stays unchanged.',
    }),
  })
  .openapi('SessionUpdate', {
    description:
      'The settings to change. A field that is left out keeps its value; null removes the value. `tool_approval`, `ask_user`, `archived` and `pinned` cannot be removed, so null keeps them. Unknown fields, and fields that cannot be changed, are ignored.',
    example: { title: 'Trip to Porto' },
  });

/** A boolean of a query string, in the words that FastAPI takes. */
const booleanText = z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1');

/**
 * Selects the sessions to list or to delete.
 *
 * An empty `user_id` is refused: a client that forgot to fill it in must not delete the sessions of every user.
 */
export const SessionFilter = z.object({
  user_id: z
    .string()
    .min(1)
    .openapi({ description: 'The `user_id` of the user who owns the sessions. Must not be empty.' }),
  feature_name: z.string().optional().openapi({
    description: 'Selects only the sessions with this `feature_name`. Left out: sessions of every feature.',
  }),
});

/** Selects the sessions to list. */
export const SessionListFilter = SessionFilter.extend({
  archived: booleanText.optional().openapi({
    description:
      '`true` selects only archived sessions, and `false` only sessions that are not archived. Left out: both.',
    type: 'boolean',
  }),
  pinned: booleanText.optional().openapi({
    description: '`true` selects only pinned sessions. `false` or left out: pinned and other sessions.',
    type: 'boolean',
  }),
  tag: z.string().optional().openapi({ description: 'Selects only the sessions that have this tag.' }),
  search: z.string().optional().openapi({
    description:
      'Selects only the sessions with this text in their title, at most 200 characters. The case of ASCII letters does not matter.',
    maxLength: 200,
  }),
});
