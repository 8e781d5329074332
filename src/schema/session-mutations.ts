import { z } from 'zod';
import { isBlank } from '../base/is-blank.ts';
import { wellFormedText } from '../base/well-formed-text.ts';
import { GatewayError } from '../errors.ts';
import { nodeIdText } from '../nodes/node-id.ts';
import { askerOf, userOf } from './access/access.ts';
import { builder } from './builder.ts';
import { idArg } from './id-argument.ts';
import { nameText, storedText } from './input-checks.ts';
import { labelTexts, metadataObject, tagList } from './label-checks.ts';
import { ModelSettingsInput, toSettings } from './model-settings.ts';
import { SessionRef, ToolApprovalRef } from './session.ts';

/** What `metadataObject` lets through, where its scalar says that it can be anything. */
type Metadata = Record<string, unknown> | null | undefined;

const title = storedText(200);
const systemPrompt = storedText(100_000);

const settings = {
  title: 'A title for lists, at most 200 characters.',
  providerName: 'The provider of the model, as `models` lists it. Null: the default provider of the gateway.',
  modelName: 'The name of the model, as `models` lists it. Null: the default model of the provider.',
  systemPrompt: 'The instructions that the model gets before the messages, at most 100,000 characters.',
  toolApproval: 'Whether tools may run commands and change files.',
  askUser:
    'Whether the model may ask the user questions, with the tool `ask_user`: see `ClientToolRequested` and `answerToolCall`. A prompt can say otherwise.',
} as const;

/** As many as a request body can have, and as a transaction can store in a moment. */
const mostExchanges = 2_000;
const exchangeText = wellFormedText.refine((text) => !isBlank(text), 'expected some text');

const ExchangeInput = builder.inputType('ExchangeInput', {
  description: 'A prompt and its answer, from a conversation that was held elsewhere.',
  fields: (t) => ({
    prompt: t.string({
      required: true,
      validate: exchangeText,
      description: 'The prompt, at most `MAX_PROMPT_BYTES` (default: 262,144) bytes of UTF-8. Not blank.',
    }),
    answer: t.string({
      required: true,
      validate: wellFormedText,
      description: 'The answer, at most `MAX_PROMPT_BYTES` bytes of UTF-8.',
    }),
  }),
});

const CreateSessionInput = builder.inputType('CreateSessionInput', {
  description: 'The settings of a new session. Every setting has a default, so `{}` is valid.',
  fields: (t) => ({
    userId: t.string({
      validate: nameText,
      description:
        'The user that the session will belong to. Default: the viewer. Only an admin may name another user (FORBIDDEN).',
    }),
    featureName: t.string({
      validate: nameText,
      description:
        'The part of the application that the session belongs to, by which sessions can be filtered. Default: `default`.',
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
    askUser: t.boolean({ description: `${settings.askUser} Default: no.` }),
    settings: t.field({
      type: ModelSettingsInput,
      description: 'What the session asks of its model. Default: nothing.',
    }),
    tags: t.stringList({ validate: tagList, description: `${labelTexts.tags} Default: no tags.` }),
    metadata: t.field({
      type: 'JSON',
      validate: metadataObject,
      description: `${labelTexts.metadata} Default: null.`,
    }),
    history: t.field({
      type: [ExchangeInput],
      validate: z.array(z.unknown()).max(mostExchanges, `expected at most ${mostExchanges} exchanges`),
      description:
        'The exchanges with which the conversation begins, oldest first: the model is told them as if they had been held in this session. Default: none.',
    }),
    nodeIds: t.stringList({
      validate: z.array(nodeIdText).max(1_000, 'expected fewer nodes'),
      description:
        'The nodes to attach to the session: the `nodeId` of each, as in `attachNodes`. Default: no nodes.',
    }),
  }),
});

const UpdateSessionInput = builder.inputType('UpdateSessionInput', {
  description:
    'The settings of a session to change. A setting that is left out stays as it is, and null resets it to its default.',
  fields: (t) => ({
    title: t.string({ validate: title, description: settings.title }),
    providerName: t.string({ validate: nameText, description: settings.providerName }),
    modelName: t.string({ validate: nameText, description: settings.modelName }),
    systemPrompt: t.string({ validate: systemPrompt, description: settings.systemPrompt }),
    toolApproval: t.field({ type: ToolApprovalRef, description: `${settings.toolApproval} Null: ASK.` }),
    askUser: t.boolean({ description: `${settings.askUser} Null: no.` }),
    settings: t.field({
      type: ModelSettingsInput,
      description:
        'What the session asks of its model. A setting that is left out stays as it is, null removes it; null for `settings` removes all.',
    }),
    tags: t.stringList({
      validate: tagList,
      description: `${labelTexts.tags} They replace the tags that the session has; null removes all.`,
    }),
    metadata: t.field({
      type: 'JSON',
      validate: metadataObject,
      description: `${labelTexts.metadata} It replaces the present one as a whole; null removes it.`,
    }),
    archived: t.boolean({
      description: 'Whether the session is archived, as `archiveSession` does. Null: no.',
    }),
    pinned: t.boolean({ description: 'Whether the session is pinned, as `pinSession` does. Null: no.' }),
  }),
});

/** @throws GatewayError PAYLOAD_TOO_LARGE for a text that is longer than a prompt may be. */
function checkHistory(history: readonly (typeof ExchangeInput.$inferInput)[], maxBytes: number): void {
  for (const [index, exchange] of history.entries()) {
    for (const name of ['prompt', 'answer'] as const) {
      if (Buffer.byteLength(exchange[name]) <= maxBytes) continue;
      const field = `input.history.${index}.${name}`;
      throw new GatewayError('PAYLOAD_TOO_LARGE', `${field}: expected at most ${maxBytes} bytes of UTF-8.`, {
        field,
      });
    }
  }
}

const DeletedSessionRef = builder.objectRef<{ id: number }>('DeletedSession').implement({
  description: 'The ids of a session that was deleted.',
  fields: (t) => ({
    deletedSessionId: t.globalID({
      description: 'The `id` that the session had.',
      resolve: ({ id }) => ({ type: 'Session', id }),
    }),
    databaseId: t.exposeInt('id', { description: 'The `databaseId` that the session had.' }),
  }),
});

const DeletedSessionsRef = builder.objectRef<{ ids: number[] }>('DeletedSessions').implement({
  description: 'The sessions that were deleted.',
  fields: (t) => ({
    count: t.int({ description: 'How many sessions were deleted.', resolve: ({ ids }) => ids.length }),
    deletedSessionIds: t.globalIDList({
      description: 'The `id` of each session that was deleted.',
      resolve: ({ ids }) => ids.map((id) => ({ type: 'Session', id })),
    }),
  }),
});

builder.mutationFields((t) => ({
  createSession: t.field({
    type: SessionRef,
    nullable: true,
    authScopes: (_root, { input }) => ({ actFor: input.userId }),
    description:
      'Creates a session. Errors: BAD_USER_INPUT if the gateway does not have the provider or the model, if the model does not take one of the settings, or if there are too many nodes; QUOTA_EXCEEDED.',
    args: {
      input: t.arg({ type: CreateSessionInput, required: true, description: 'The settings of the session.' }),
    },
    resolve: (_root, { input }, context) => {
      const asker = askerOf(context);
      const featureName = input.featureName ?? 'default';
      checkHistory(input.history ?? [], context.maxPromptBytes);
      const userId = input.userId ?? asker.userId;
      return context.sessions.create({
        ...input,
        settings: toSettings(input.settings),
        askUser: input.askUser ?? false,
        tags: input.tags ?? [],
        metadata: input.metadata as Metadata,
        userId,
        featureName,
        asker,
      });
    },
  }),
  updateSession: t.field({
    type: SessionRef,
    nullable: true,
    authScopes: (_root, { id }) => ({ session: id }),
    description:
      'Changes the settings of a session, from its next prompt on (`toolApproval`: from the next tool call on). Another provider without a model means the default model of that provider. Errors: NOT_FOUND; BAD_USER_INPUT if the gateway does not have the provider or the model, or if the model does not take one of the settings.',
    args: {
      id: idArg(t, SessionRef, 'The `id` of the session.'),
      input: t.arg({ type: UpdateSessionInput, required: true, description: 'The settings to change.' }),
    },
    resolve: (
      _root,
      { id, input: { toolApproval, askUser, tags, archived, pinned, ...input } },
      { sessions, actor },
    ) => {
      const changes = {
        ...input,
        settings: toSettings(input.settings),
        metadata: input.metadata as Metadata,
        toolApproval: toolApproval === null ? 'ASK' : toolApproval,
        askUser: askUser === null ? false : askUser,
        tags: tags === null ? [] : tags,
        archived: archived === null ? false : archived,
        pinned: pinned === null ? false : pinned,
      };
      return sessions.update(id, changes, actor);
    },
  }),
  archiveSession: t.field({
    type: SessionRef,
    nullable: true,
    authScopes: (_root, { id }) => ({ session: id }),
    description:
      'Archives a session, or takes it out of the archive. Lists leave archived sessions out where they are asked for `archived: false`; nothing else changes, and a prompt does not take a session out of the archive. `archivedAt` stays as it is if the session is archived already. Errors: NOT_FOUND.',
    args: {
      id: idArg(t, SessionRef, 'The `id` of the session.'),
      archived: t.arg.boolean({
        required: true,
        description: 'True: archive it. False: take it out of the archive.',
      }),
    },
    resolve: (_root, { id, archived }, { sessions, actor }) => sessions.update(id, { archived }, actor),
  }),
  pinSession: t.field({
    type: SessionRef,
    nullable: true,
    authScopes: (_root, { id }) => ({ session: id }),
    description:
      'Pins a session, so that `sessions(pinned: true)` lists it, or unpins it. `pinnedAt` stays as it is if the session is pinned already. Errors: NOT_FOUND.',
    args: {
      id: idArg(t, SessionRef, 'The `id` of the session.'),
      pinned: t.arg.boolean({ required: true, description: 'True: pin it. False: unpin it.' }),
    },
    resolve: (_root, { id, pinned }, { sessions }) => sessions.update(id, { pinned }),
  }),
  deleteSession: t.field({
    type: DeletedSessionRef,
    nullable: true,
    authScopes: (_root, { id }) => ({ session: id }),
    description:
      'Deletes a session with its messages, runs and recordings. Live and queued runs are cancelled first. Errors: NOT_FOUND; RUN_IN_PROGRESS if prompts keep coming in.',
    args: {
      id: idArg(t, SessionRef, 'The `id` of the session.'),
    },
    resolve: async (_root, { id }, { sessions, actor }) => {
      await sessions.delete(id, actor);
      return { id };
    },
  }),
  deleteSessions: t.field({
    type: DeletedSessionsRef,
    nullable: true,
    authScopes: (_root, { userId }) => ({ actFor: userId }),
    description:
      'Deletes all sessions of a user, or only those of one part of the application, as `deleteSession` does. Stops when the client disconnects; the remaining sessions then stay. Errors: RUN_IN_PROGRESS if prompts keep coming in.',
    args: {
      userId: t.arg.string({
        validate: nameText,
        description: 'The user. Default: the viewer. Only an admin may name another user (FORBIDDEN).',
      }),
      featureName: t.arg.string({
        validate: nameText,
        description: 'Only sessions of this part of the application. Default: all sessions of the user.',
      }),
    },
    resolve: async (_root, { userId, featureName }, context) => ({
      ids: await context.sessions.deleteAll(
        { userId: userId ?? userOf(context).userId, ...(featureName != null && { featureName }) },
        context.signal,
        context.actor,
      ),
    }),
  }),
  clearHistory: t.field({
    type: SessionRef,
    nullable: true,
    authScopes: (_root, { sessionId }) => ({ session: sessionId }),
    description:
      'Deletes all messages of a session. Its settings, its runs and its token usage stay. Errors: NOT_FOUND; RUN_IN_PROGRESS while a run is live or queued.',
    args: {
      sessionId: idArg(t, SessionRef, 'The `id` of the session.'),
    },
    resolve: (_root, { sessionId }, { sessions, actor }) => sessions.clearHistory(sessionId, actor),
  }),
}));
