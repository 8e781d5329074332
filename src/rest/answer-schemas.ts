import { z } from '@hono/zod-openapi';
import { SyncStatus } from './node-schemas.ts';

const sessionId = z.int().openapi({ description: 'The session’s id.', example: 1 });
const message = z.string().openapi({ description: 'What was done, in a sentence for people.' });
const at = (description: string) =>
  z.string().openapi({ description, format: 'date-time', example: '2026-01-31T12:00:00.000Z' });
const count = (description: string) => z.int().openapi({ description, example: 120 });

export const Session = z
  .object({
    id: sessionId,
    user_id: z.string().openapi({ description: 'Whom the session belongs to.', example: 'alice' }),
    title: z.string().nullable().openapi({ description: 'Its name for people, if it was given one.' }),
    feature_name: z
      .string()
      .openapi({ description: 'The part of your product it is for.', example: 'default' }),
    provider_name: z.string().nullable().openapi({
      description:
        'The model provider that answers in it. Null: the gateway’s default when a prompt arrives.',
    }),
    model_name: z.string().nullable().openapi({
      description: 'The model that answers in it. Null: the provider’s default when a prompt arrives.',
    }),
    tool_approval: z.enum(['auto', 'ask', 'deny']).openapi({
      description: 'Whether tools that run commands or change files may run: always, when asked for, never.',
    }),
    created_at: at('When it was created.'),
    updated_at: at('When it last changed.'),
    sync_workspace_id: z.string().nullable().openapi({
      description: 'The workspace shared with the attached nodes. Null: none has ever been attached.',
      example: '6f1c2e0a-52f7-4c0e-9a43-0d9b8f3f2c11',
    }),
    attached_node_ids: z.array(z.string()).openapi({
      description: 'The ids of the nodes attached to the session.',
      example: ['laptop'],
    }),
    node_sync_status: z.record(z.string(), SyncStatus).openapi({
      description: 'The sync status of each attached node, by node id.',
      example: { laptop: 'synced' },
    }),
  })
  .openapi('Session', { description: 'A chat session.' });

export const Sessions = z
  .array(Session)
  .openapi('Sessions', { description: 'All sessions that match, newest first.' });

export const ToolCall = z
  .object({
    call_id: z.string().openapi({ description: 'The call’s id, unique within the message.' }),
    name: z.string().openapi({ description: 'The tool that was called.' }),
    args: z.unknown().openapi({ description: 'The arguments the model gave, as JSON.' }),
    status: z
      .enum(['awaiting_approval', 'running', 'succeeded', 'failed', 'denied', 'cancelled'])
      .openapi({ description: 'How far the call has come.' }),
    node_id: z.string().nullable().openapi({ description: 'The node it is for. Null: it needs none.' }),
    result: z.string().nullable().openapi({ description: 'What the model was told. Null: not finished.' }),
    error_code: z
      .string()
      .nullable()
      .openapi({ description: 'Why it failed or was denied, as a fixed name.', example: 'NODE_OFFLINE' }),
    exit_code: z
      .int()
      .nullable()
      .openapi({ description: 'The exit code, where the tool ran a program that has ended.' }),
    stopped: z.boolean().nullable().openapi({
      description: 'Of a cancelled call: whether nothing of it runs any more, for certain.',
    }),
    duration_ms: z.int().nullable().openapi({ description: 'How long it took. Null: not finished.' }),
  })
  .openapi('ToolCall', { description: 'A tool that the model called while it answered.' });

export const Message = z
  .object({
    id: z.int().openapi({ description: 'The message’s id.', example: 2 }),
    session_id: sessionId,
    sender: z.enum(['user', 'assistant']).openapi({ description: 'Who wrote it.' }),
    content: z
      .string()
      .openapi({ description: 'Its text; of an answer in progress, what was stored so far.' }),
    reasoning_content: z
      .string()
      .nullable()
      .openapi({ description: 'What the model thought before it answered, where the provider shows it.' }),
    tool_calls: z
      .array(ToolCall)
      .openapi({ description: 'The tools called while it was written, in order.' }),
    status: z.enum(['streaming', 'complete', 'cancelled', 'failed', 'interrupted']).openapi({
      description:
        '`streaming` while it is being written, `complete` once it is; otherwise why it stopped early. `interrupted`: the gateway stopped.',
    }),
    token_count: z
      .int()
      .nullable()
      .openapi({ description: 'Tokens of its text. Null until it is finished.' }),
    audio_url: z.string().nullable().openapi({ description: 'Where its audio is. Null: it has none.' }),
    created_at: at('When it was created.'),
  })
  .openapi('Message', { description: 'One message of a session.' });

export const Messages = z
  .object({
    session_id: sessionId,
    messages: z.array(Message).openapi({ description: 'All messages of the session, oldest first.' }),
  })
  .openapi('Messages', { description: 'The history of a session.' });

export const Tokens = z
  .object({
    token_count: count('Tokens that the conversation takes up in the model’s context.'),
    token_limit: z.int().nullable().openapi({
      description: 'Tokens that fit into the model’s context. Null: not known of this model.',
      example: 32768,
    }),
    percentage: z.number().nullable().openapi({
      description: 'How full the context is, from 0 to 100. Null: the limit is not known.',
      example: 0.4,
    }),
    input_tokens: count('Tokens sent to models over the session’s whole life.'),
    output_tokens: count('Tokens that models wrote, reasoning included.'),
    reasoning_tokens: count('The part of the output that was reasoning.'),
    total_tokens: count('Input and output together.'),
  })
  .openapi('Tokens', { description: 'What a session has used.' });

export const DeletedSession = z
  .object({ message, session_id: sessionId })
  .openapi('DeletedSession', { description: 'The session is gone, and its messages with it.' });

export const DeletedSessions = z
  .object({ message, deleted_sessions: z.int().openapi({ description: 'How many there were.', example: 3 }) })
  .openapi('DeletedSessions', { description: 'The sessions are gone, and their messages with them.' });

export const ClearedHistory = z
  .object({ message, session_id: sessionId })
  .openapi('ClearedHistory', { description: 'The messages are gone; the session and its settings remain.' });

export const CancelReceipt = z
  .object({
    message,
    cancelled: z.boolean().openapi({ description: 'False: there was nothing to cancel.' }),
    session_id: sessionId,
    run_id: z.int().nullable().openapi({ description: 'The run that was cancelled.', example: 7 }),
  })
  .openapi('CancelReceipt', { description: 'Whether an answer in progress was cancelled.' });

export const Audio = z
  .object({
    message_id: z.int().openapi({ description: 'The message it belongs to.', example: 2 }),
    audio_url: z.string().openapi({
      description: 'Where it can be downloaded: a path on this gateway.',
      example: '/api/v1/sessions/messages/2/audio',
    }),
    mime_type: z.string().openapi({ description: 'As found in the file.', example: 'audio/wav' }),
    size: z.int().openapi({ description: 'In bytes.', example: 88244 }),
    filename: z
      .string()
      .nullable()
      .openapi({ description: 'As the client called it.', example: 'hello.wav' }),
    sha256: z.string().openapi({ description: 'The SHA-256 of its bytes, in hex.' }),
    duration_seconds: z
      .number()
      .nullable()
      .openapi({ description: 'How long it plays. Null: the file does not say.', example: 1 }),
    uploaded_at: at('When it was uploaded.'),
  })
  .openapi('Audio', { description: 'The recording of a message.' });
