import { z } from 'zod';
import { userOf } from './access/access.ts';
import { builder } from './builder.ts';
import { idOf } from './global-id.ts';
import { nodeIdText } from './node-input.ts';
import { SessionRef, ToolApprovalRef } from './session.ts';
import { nameText, storedText } from './stored-text.ts';

const title = storedText(200);
const systemPrompt = storedText(100_000);

const settings = {
  title: 'A name for lists.',
  providerName: 'The provider of the model: see `models`. Null: the default of the gateway.',
  modelName: 'The model: see `models`. Null: the default of the provider.',
  systemPrompt: 'What the model is told before every conversation.',
  toolApproval: 'Who decides whether a tool runs that runs commands or changes files.',
} as const;

const CreateSessionInput = builder.inputType('CreateSessionInput', {
  description: 'A new session. `{}` will do.',
  fields: (t) => ({
    userId: t.string({ validate: nameText, description: 'Whom it belongs to. Default: whoever is asking.' }),
    featureName: t.string({
      validate: nameText,
      description: 'Which part of an application it belongs to. Default: `default`.',
    }),
    title: t.string({ validate: title, description: settings.title }),
    providerName: t.string({ validate: nameText, description: settings.providerName }),
    modelName: t.string({ validate: nameText, description: settings.modelName }),
    systemPrompt: t.string({ validate: systemPrompt, description: settings.systemPrompt }),
    toolApproval: t.field({
      type: ToolApprovalRef,
      required: true,
      defaultValue: 'ASK',
      description: settings.toolApproval,
    }),
    nodeIds: t.stringList({
      validate: z.array(nodeIdText).max(1_000, 'expected fewer nodes'),
      description: 'The nodes that run its tools, as for `attachNodes`.',
    }),
  }),
});

const UpdateSessionInput = builder.inputType('UpdateSessionInput', {
  description: 'What to change in a session. What is left out stays as it is; null takes it away.',
  fields: (t) => ({
    title: t.string({ validate: title, description: settings.title }),
    providerName: t.string({ validate: nameText, description: settings.providerName }),
    modelName: t.string({ validate: nameText, description: settings.modelName }),
    systemPrompt: t.string({ validate: systemPrompt, description: settings.systemPrompt }),
    toolApproval: t.field({ type: ToolApprovalRef, description: `${settings.toolApproval} Null: ASK.` }),
  }),
});

const DeletedSessionRef = builder.objectRef<{ id: number }>('DeletedSession').implement({
  description: 'A session that was deleted.',
  fields: (t) => ({
    id: t.globalID({
      description: 'The id that it had.',
      resolve: ({ id }) => ({ type: 'Session', id }),
    }),
    databaseId: t.exposeInt('id', { description: 'The id that it had in the REST API.' }),
  }),
});

const DeletedSessionsRef = builder.objectRef<{ ids: number[] }>('DeletedSessions').implement({
  description: 'Sessions that were deleted.',
  fields: (t) => ({
    count: t.int({ description: 'How many there were.', resolve: ({ ids }) => ids.length }),
    ids: t.globalIDList({
      description: 'The ids that they had.',
      resolve: ({ ids }) => ids.map((id) => ({ type: 'Session', id })),
    }),
  }),
});

builder.mutationFields((t) => ({
  createSession: t.field({
    type: SessionRef,
    authScopes: (_root, { input }) => ({ actFor: input.userId }),
    description: 'Creates a session.',
    args: { input: t.arg({ type: CreateSessionInput, required: true, description: 'The new session.' }) },
    resolve: (_root, { input }, context) => {
      const { userId, isAdmin } = userOf(context);
      const { sessions } = context;
      const featureName = input.featureName ?? 'default';
      return sessions.create({ ...input, userId: input.userId ?? userId, featureName, isAdmin });
    },
  }),
  updateSession: t.field({
    type: SessionRef,
    authScopes: (_root, { id }) => ({ session: Number(id.id) }),
    description: 'Changes the settings of a session. They hold from its next prompt on.',
    args: {
      id: t.arg.globalID({
        for: SessionRef,
        validate: idOf(SessionRef),
        required: true,
        description: 'The session.',
      }),
      input: t.arg({ type: UpdateSessionInput, required: true, description: 'What to change.' }),
    },
    resolve: (_root, { id, input: { toolApproval, ...input } }, { sessions }) =>
      sessions.update(Number(id.id), {
        ...input,
        toolApproval: toolApproval === null ? 'ASK' : toolApproval,
      }),
  }),
  deleteSession: t.field({
    type: DeletedSessionRef,
    authScopes: (_root, { id }) => ({ session: Number(id.id) }),
    description: 'Deletes a session with everything in it. A live run is cancelled first.',
    args: {
      id: t.arg.globalID({
        for: SessionRef,
        validate: idOf(SessionRef),
        required: true,
        description: 'The session.',
      }),
    },
    resolve: async (_root, { id }, { sessions }) => {
      await sessions.delete(Number(id.id));
      return { id: Number(id.id) };
    },
  }),
  deleteSessions: t.field({
    type: DeletedSessionsRef,
    authScopes: (_root, { userId }) => ({ actFor: userId }),
    description: 'Deletes all sessions of a user, or those of one part of an application.',
    args: {
      userId: t.arg.string({
        validate: nameText,
        description: 'Whose sessions. Default: those of whoever is asking.',
      }),
      featureName: t.arg.string({
        validate: nameText,
        description: 'Only those of this part of an application.',
      }),
    },
    resolve: async (_root, { userId, featureName }, context) => ({
      ids: await context.sessions.deleteAll({
        userId: userId ?? userOf(context).userId,
        ...(featureName != null && { featureName }),
      }),
    }),
  }),
  clearHistory: t.field({
    type: SessionRef,
    authScopes: (_root, { sessionId }) => ({ session: Number(sessionId.id) }),
    description:
      'Deletes the messages of a session. Its settings and what it has used stay. Not while it is answering.',
    args: {
      sessionId: t.arg.globalID({
        for: SessionRef,
        validate: idOf(SessionRef),
        required: true,
        description: 'The session.',
      }),
    },
    resolve: (_root, { sessionId }, { sessions }) => sessions.clearHistory(Number(sessionId.id)),
  }),
}));
