import { MessageRole, MessageStatus } from '../generated/prisma/enums.ts';
import { builder } from './builder.ts';
import { loadersOf } from './paging/loaders.ts';
import { newestRow, resolvePage } from './paging/page.ts';

const MessageRoleRef = builder.enumType('MessageRole', {
  description: 'Who wrote a message.',
  values: {
    [MessageRole.USER]: { description: 'A person, or a program in their name.' },
    [MessageRole.ASSISTANT]: { description: 'The model.' },
  },
});

const MessageStatusRef = builder.enumType('MessageStatus', {
  description: 'How complete a message is. Whatever was written of it is kept in every case.',
  values: {
    [MessageStatus.STREAMING]: { description: 'Being written, or waiting for its turn.' },
    [MessageStatus.COMPLETE]: { description: 'All of it.' },
    [MessageStatus.CANCELLED]: { description: 'Someone cancelled the run.' },
    [MessageStatus.FAILED]: { description: 'The run failed; its `error` says why.' },
    [MessageStatus.INTERRUPTED]: { description: 'The gateway stopped while it was being written.' },
  },
});

export const MessageRef = builder.prismaNode('Message', {
  id: { field: 'id', description: 'Its id, unique among all objects of this API.' },
  nullable: true,
  description: 'A prompt or an answer.',
  fields: (t) => ({
    databaseId: t.exposeInt('id', { description: 'What the REST API calls its `id`.' }),
    session: t.relation('session', { description: 'The session it belongs to.' }),
    role: t.expose('role', { type: MessageRoleRef, description: 'Who wrote it.' }),
    status: t.expose('status', { type: MessageStatusRef, description: 'How complete it is.' }),
    content: t.exposeString('content', {
      description: 'Its text. While it streams, as of the last checkpoint: follow the run for every token.',
    }),
    reasoning: t.exposeString('reasoning', {
      nullable: true,
      description: 'What the model thought before it answered, where it shows that.',
    }),
    toolCalls: t.relation('toolCalls', {
      query: { orderBy: { id: 'asc' } },
      description: 'The tools that the model called, in order.',
    }),
    tokenCount: t.exposeInt('tokenCount', {
      nullable: true,
      description: 'Tokens of its text, counted by the gateway; null until it is finished.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
  }),
});

builder.prismaObjectFields('Session', (t) => ({
  messages: t.connection(
    {
      type: MessageRef,
      description: 'Its messages, oldest first. `last: 20` is the end of the conversation.',
      resolve: ({ id }, args, context) =>
        resolvePage({
          args,
          maxSize: context.maxPageSize,
          order: 'asc',
          load: (page) => loadersOf(context).messages.load({ ...page, sessionId: id }),
        }),
    },
    { name: 'MessageConnection' },
    { name: 'MessageEdge' },
  ),
  lastMessage: t.field({
    type: MessageRef,
    nullable: true,
    description: 'The newest message; null in a session without any.',
    resolve: async ({ id }, _args, context) => {
      const [newest] = await loadersOf(context).messages.load({ ...newestRow, sessionId: id });
      return newest ?? null;
    },
  }),
}));
