import { ToolApproval } from '../generated/prisma/enums.ts';
import { ownerFilter, ownerOf } from './access/access.ts';
import { builder } from './builder.ts';
import { idOf } from './global-id.ts';
import { findSessions } from './paging/list-sessions.ts';
import { resolvePage } from './paging/page.ts';
import { nameText, storedText } from './stored-text.ts';
import { TokenUsageRef } from './token-usage.ts';

export const ToolApprovalRef = builder.enumType('ToolApproval', {
  description: 'Who decides whether a tool runs that runs commands or changes files. Others run freely.',
  values: {
    [ToolApproval.AUTO]: { description: 'It runs, where the policy of its node lets it.' },
    [ToolApproval.ASK]: { description: 'Somebody has to allow each call: see `approveToolCall`.' },
    [ToolApproval.DENY]: { description: 'It never runs; the model is not offered it.' },
  },
});

export const SessionRef = builder.prismaNode('Session', {
  id: { field: 'id', description: 'Its id, unique among all objects of this API.' },
  nullable: true,
  description: 'A chat: its messages, its settings and what it has used.',
  fields: (t) => ({
    databaseId: t.exposeInt('id', { description: 'What the REST API calls its `id`.' }),
    userId: t.exposeString('userId', { description: 'Whom it belongs to.' }),
    title: t.exposeString('title', { nullable: true, description: 'A name for lists.' }),
    featureName: t.exposeString('featureName', {
      description: 'Which part of an application it belongs to; `default` unless told.',
    }),
    providerName: t.exposeString('providerName', {
      nullable: true,
      description: 'The provider of its model; null means the default of the gateway.',
    }),
    modelName: t.exposeString('modelName', {
      nullable: true,
      description: 'Its model; null means the default of the provider.',
    }),
    systemPrompt: t.exposeString('systemPrompt', {
      nullable: true,
      description: 'What the model is told before every conversation.',
    }),
    toolApproval: t.expose('toolApproval', {
      type: ToolApprovalRef,
      description: 'Who decides whether a tool runs that runs commands or changes files.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'When it was last changed, by a message or a setting.',
    }),
    tokenUsage: t.field({
      type: TokenUsageRef,
      select: { modelUsage: { orderBy: [{ providerName: 'asc' }, { modelName: 'asc' }] } },
      description: 'Tokens used over its whole life, and how full the context is.',
      resolve: async ({ contextTokens, modelUsage, ...session }, _args, { models }) => {
        // A provider that is not configured any more has no limit to tell.
        const model = await models.resolve(session).catch(() => null);
        return { contextTokens, contextLimit: model?.contextLimit ?? null, byModel: modelUsage };
      },
    }),
  }),
});

builder.queryFields((t) => ({
  session: t.prismaField({
    type: 'Session',
    nullable: true,
    authScopes: { user: true },
    description: 'A session by its id; null where there is none.',
    args: {
      id: t.arg.globalID({
        for: SessionRef,
        validate: idOf(SessionRef),
        required: true,
        description: 'The id of a session.',
      }),
    },
    resolve: (query, _root, { id }, context) =>
      context.database.session.findUnique({
        ...query,
        where: { id: Number(id.id), ...ownerFilter(context) },
      }),
  }),
  sessionByDatabaseId: t.prismaField({
    type: 'Session',
    nullable: true,
    authScopes: { user: true },
    description: 'A session by the id that the REST API uses; null where there is none.',
    args: { databaseId: t.arg.int({ required: true, description: 'The `databaseId` of a session.' }) },
    resolve: (query, _root, { databaseId }, context) =>
      context.database.session.findUnique({
        ...query,
        where: { id: databaseId, ...ownerFilter(context) },
      }),
  }),
  sessions: t.connection(
    {
      type: SessionRef,
      authScopes: (_root, { userId }) => ({ actFor: userId }),
      description: 'Sessions, newest first.',
      args: {
        userId: t.arg.string({
          validate: nameText,
          description: 'Only those that belong to this user. Default: one’s own; of an admin, everybody’s.',
        }),
        featureName: t.arg.string({
          validate: nameText,
          description: 'Only those of this part of an application.',
        }),
        search: t.arg.string({
          validate: storedText(200),
          description: 'Only those with this text in their title, in whatever case.',
        }),
      },
      resolve: (_root, { userId, featureName, search, ...args }, context) =>
        resolvePage({
          args,
          maxSize: context.maxPageSize,
          order: 'desc',
          load: (page) => {
            const filter = { userId: userId ?? ownerOf(context), featureName, search };
            return findSessions(context.database, filter, page);
          },
        }),
    },
    { name: 'SessionConnection' },
    { name: 'SessionEdge' },
  ),
}));
