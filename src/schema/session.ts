import type { ToolApproval } from '../generated/prisma/enums.ts';
import { ownerOf } from './access/access.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { findOwnSession } from './find-rows.ts';
import { idArg } from './id-argument.ts';
import { nameText, storedText } from './input-checks.ts';
import { tagText } from './label-checks.ts';
import { countSessions, pageOfSessions } from './paging/list-sessions.ts';
import { rowsOf } from './paging/rows.ts';
import { byActivity, byCreation } from './paging/session-order.ts';
import { previewOf } from './preview.ts';
import { idDescription } from './relay-options.ts';
import { TokenUsageRef } from './token-usage.ts';
import { totalCount } from './total-count.ts';

export const ToolApprovalRef = enumFromTable<ToolApproval>(
  'ToolApproval',
  'Whether the tools of a session may run commands and change files. Tools that only read always run.',
  {
    AUTO: 'Every call runs, unless the policy of the node forbids it.',
    ASK: 'Every call waits for a decision: see `approveToolCall` and `denyToolCall`. After `TOOL_APPROVAL_TIMEOUT_MS` (default: 5 minutes) without a decision the call is denied.',
    DENY: 'No such call runs. The model is not offered these tools, and a call that it makes anyway ends as DENIED.',
  },
);

export const SessionRef = builder.prismaNode('Session', {
  id: { field: 'id', description: idDescription },
  nullable: true,
  description: 'A chat session: its messages, its settings and the tokens it has used.',
  fields: (t) => ({
    databaseId: t.exposeInt('id', {
      description: 'The number of the session, which the REST API calls its `id`.',
    }),
    userId: t.exposeString('userId', { description: 'The user that the session belongs to.' }),
    title: t.exposeString('title', {
      nullable: true,
      description: 'A title for lists; null if the session has no title.',
    }),
    featureName: t.exposeString('featureName', {
      description:
        'The part of the application that the session belongs to, by which sessions can be filtered. Default: `default`.',
    }),
    providerName: t.exposeString('providerName', {
      nullable: true,
      description: 'The provider of the model; null for the default provider of the gateway.',
    }),
    modelName: t.exposeString('modelName', {
      nullable: true,
      description: 'The name of the model; null for the default model of the provider.',
    }),
    systemPrompt: t.exposeString('systemPrompt', {
      nullable: true,
      description:
        'The instructions that the model gets before the messages; null if there are no instructions.',
    }),
    toolApproval: t.expose('toolApproval', {
      type: ToolApprovalRef,
      description: 'Whether tools may run commands and change files.',
    }),
    askUser: t.exposeBoolean('askUser', {
      description:
        'Whether the model may ask the user questions, with the tool `ask_user`. A prompt can say otherwise.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the session was created.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'When the session was last changed, by a message or a setting.',
    }),
    lastActivityAt: t.expose('lastActivityAt', {
      type: 'DateTime',
      description:
        'When the newest prompt was sent or the newest run ended, whichever is later. Before the first prompt: when the session was created.',
    }),
    preview: t.string({
      nullable: true,
      description:
        'The beginning of the first prompt on one line, at most 120 characters, to name a session that has no title; null if the session has no messages.',
      resolve: ({ id }, _args, context) => previewOf(context).load(id),
    }),
    tokenUsage: t.field({
      type: TokenUsageRef,
      description:
        'The tokens that the session has used since it was created, and how full the context of its model is.',
      resolve: async (session, _args, context) => {
        const { contextTokens, providerName, modelName } = session;
        const byModel = await rowsOf(context).usageOfSession.of(session);
        // The provider may no longer be configured. Then the limit is not known.
        const model = await context.models.resolve({ providerName, modelName }).catch(() => null);
        return { contextTokens, contextLimit: model?.contextLimit ?? null, byModel };
      },
    }),
  }),
});

const SessionOrderRef = enumFromTable<'CREATED' | 'LAST_ACTIVITY'>(
  'SessionOrder',
  'The order of a list of sessions.',
  {
    CREATED: 'The session that was created last comes first. A session never changes its place.',
    LAST_ACTIVITY:
      'The session with the latest `lastActivityAt` comes first. A prompt moves its session to the beginning, so a page that was read before it may be followed by a page without that session.',
  },
);

builder.queryFields((t) => ({
  session: t.field({
    type: SessionRef,
    nullable: true,
    authScopes: { user: true },
    description: 'The session with this id; null if there is no such session.',
    args: {
      id: idArg(t, SessionRef, 'The `id` of a session.'),
    },
    resolve: (_root, { id }, context) => findOwnSession(id, context),
  }),
  sessionByDatabaseId: t.field({
    type: SessionRef,
    nullable: true,
    authScopes: { user: true },
    description:
      'The session with this number, which the REST API calls its `id`; null if there is no such session.',
    args: { databaseId: t.arg.int({ required: true, description: 'The `databaseId` of a session.' }) },
    resolve: (_root, { databaseId }, context) => findOwnSession(databaseId, context),
  }),
  sessions: t.connection(
    {
      type: SessionRef,
      authScopes: (_root, { userId }) => ({ actFor: userId }),
      description: 'A page of sessions, newest first: by default the one that was created last.',
      args: {
        userId: t.arg.string({
          validate: nameText,
          description:
            'Only sessions of this user. Default: the viewer; for an admin, all users. Only an admin may name another user (FORBIDDEN).',
        }),
        featureName: t.arg.string({
          validate: nameText,
          description: 'Only sessions of this part of the application.',
        }),
        orderBy: t.arg({
          type: SessionOrderRef,
          required: true,
          defaultValue: 'CREATED',
          description: 'What newest means. A cursor belongs to the order in which it was given out.',
        }),
        search: t.arg.string({
          validate: storedText(200),
          description:
            'Only sessions with this text in their title, at most 200 characters. The case of ASCII letters does not matter.',
        }),
        archived: t.arg.boolean({
          description:
            'True: only archived sessions. False: only sessions that are not archived. Default: both.',
        }),
        pinned: t.arg.boolean({
          description:
            'True: only pinned sessions. To list them first, ask for them in a second `sessions` of the document. False or left out: pinned sessions have no place of their own.',
        }),
        tag: t.arg.string({
          validate: tagText,
          description: 'Only sessions with this tag. Upper and lower case differ.',
        }),
      },
      resolve: async (_root, { userId, orderBy, first, after, last, before, ...rest }, context) => {
        const filter = { userId: userId ?? ownerOf(context), ...rest };
        const args = { first, after, last, before };
        const page = await (orderBy === 'CREATED'
          ? pageOfSessions(context, filter, args, byCreation)
          : pageOfSessions(context, filter, args, byActivity));
        return { ...page, count: (upTo: number) => countSessions(context, filter, upTo) };
      },
    },
    {
      name: 'SessionConnection',
      fields: (t) => ({ totalCount: totalCount(t) }),
    },
    { name: 'SessionEdge' },
  ),
}));
