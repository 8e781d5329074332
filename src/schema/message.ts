import type { MessageRole, MessageStatus } from '../generated/prisma/enums.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { encodeCursor } from './paging/cursor.ts';
import { newestShown } from './paging/newest-shown.ts';
import { loadersOf, pageOfMessages } from './paging/page-per-parent.ts';
import { rowsOf, sessionOf } from './paging/rows.ts';
import { idDescription } from './relay-options.ts';
import { SessionRef } from './session.ts';
import { ToolCallRef } from './tool-call.ts';
import { totalCount } from './total-count.ts';

const MessageRoleRef = enumFromTable<MessageRole>('MessageRole', 'Who wrote a message.', {
  USER: 'A user, or a program in the name of a user.',
  ASSISTANT: 'The model.',
});

const MessageStatusRef = enumFromTable<MessageStatus>(
  'MessageStatus',
  'Whether a message is complete. Text that has been written is kept in every case.',
  {
    STREAMING: 'The answer is being written, or its run is queued.',
    COMPLETE: 'The message is complete.',
    CANCELLED:
      'An answer: its run was cancelled before it was complete. A prompt: it was withdrawn while it waited in the queue. No model was shown it, and none ever will be.',
    FAILED: 'The run failed before the message was complete; `error` of the run says why.',
    INTERRUPTED: 'The gateway stopped before the message was complete.',
  },
);

export const MessageRef = builder.prismaNode('Message', {
  id: { field: 'id', description: idDescription },
  nullable: true,
  description: 'A message of a session: a prompt, or the answer of the model to a prompt.',
  fields: (t) => ({
    databaseId: t.exposeInt('id', {
      description: 'The number of the message, which the REST API calls its `id`.',
    }),
    session: t.field({
      type: SessionRef,
      description: 'The session that the message belongs to.',
      resolve: ({ sessionId }, _args, context) => sessionOf(context, sessionId),
    }),
    role: t.expose('role', { type: MessageRoleRef, description: 'Who wrote the message.' }),
    status: t.expose('status', { type: MessageStatusRef, description: 'Whether the message is complete.' }),
    content: t.exposeString('content', {
      description:
        'The text of the message. While the message is STREAMING, the text of the last checkpoint (default: every second): follow the run to get every token.',
    }),
    reasoning: t.exposeString('reasoning', {
      nullable: true,
      description: 'The reasoning of the model before its answer; null if the model shows no reasoning.',
    }),
    toolCalls: t.field({
      type: [ToolCallRef],
      description: 'The tool calls of the model in this message, in the order in which they were made.',
      resolve: (message, _args, context) => rowsOf(context).toolCallsOfMessage.of(message),
    }),
    tokenCount: t.exposeFloat('tokenCount', {
      nullable: true,
      description:
        'How many tokens `content` has, as the gateway counts them; null until the message has ended.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the message was created.' }),
    cursor: t.string({
      description:
        'The position of the message in `messages` of its session, for `after` and `before`: to load what stands around a message that a search has found. On a branch that does not go through the message, it stands for all messages that are older.',
      resolve: (message) => encodeCursor(message),
    }),
  }),
});

builder.prismaObjectFields('Session', (t) => ({
  messages: t.connection(
    {
      type: MessageRef,
      description:
        'The messages of the branch that the session shows, from its first to `head`. `last: 20` returns the 20 newest. A cursor stays valid when another branch is shown: it stands for all messages that are older than its own.',
      resolve: async ({ id: sessionId }, args, context) => {
        const page = await pageOfMessages(context, sessionId, args);
        return {
          ...page,
          count: (upTo: number) => loadersOf(context).messageCount.load({ sessionId, upTo }),
        };
      },
    },
    {
      name: 'MessageConnection',
      fields: (t) => ({ totalCount: totalCount(t) }),
    },
    { name: 'MessageEdge' },
  ),
  lastMessage: t.field({
    type: MessageRef,
    nullable: true,
    description:
      'The newest message as a reader sees it, for example for the preview of a list; null if the session has no messages. It is `head`, except where `head` is a prompt that has joined an answer (`steeredInto`): such a prompt is shown within that answer, so the newest of the other messages is returned.',
    resolve: ({ id }, _args, context) => newestShown(context, id),
  }),
}));
