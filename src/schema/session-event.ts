import { scopeOfSession } from '../changes/change-scope.ts';
import { sessionNotFound } from '../errors.ts';
import { builder } from './builder.ts';
import { type ChangeEvent, followScope, SessionEventRef, ViewerEventRef } from './change-event.ts';
import { runField, sessionField } from './event-fields.ts';
import { findMessage, findSession } from './find-rows.ts';
import { idArg } from './id-argument.ts';
import { MessageRef } from './message.ts';
import { firstOf, rowsOf } from './paging/rows.ts';
import { SessionRef } from './session.ts';
import { SessionNodeRef } from './session-node.ts';
import { WorkspaceRef } from './workspace.ts';

const sessionNow = 'The session as it is now; null if it has been deleted.';

builder.objectRef<ChangeEvent<'RunEnded'> & { sessionId: number }>('RunEnded').implement({
  description:
    'A run of the session has ended, and none of its tool calls waits for an approval any more. When it was cancelled in the queue, its prompt is withdrawn: `userMessage` of the run has the status CANCELLED from now on.',
  interfaces: [SessionEventRef, ViewerEventRef],
  fields: (t) => ({
    run: runField(t),
    session: sessionField(t, sessionNow),
  }),
});

builder.objectRef<ChangeEvent<'MessageAdded'>>('MessageAdded').implement({
  description:
    'A prompt was sent, or the message for an answer was created. `parent` of the message says where it belongs.',
  interfaces: [SessionEventRef],
  fields: (t) => ({
    message: t.field({
      type: MessageRef,
      nullable: true,
      description: 'The message; null if it has been deleted.',
      resolve: findMessage,
    }),
  }),
});

builder.objectRef<ChangeEvent<'HeadMoved'> & { sessionId: number }>('HeadMoved').implement({
  description:
    'The session shows another branch: a prompt was edited, a prompt is answered once more, somebody has selected another branch, or messages were deleted, among them the empty answer of a prompt that has joined another one. A prompt that continues the branch is told by `MessageAdded` alone: then `parent` of its message is the `head` that was shown before.',
  interfaces: [SessionEventRef],
  fields: (t) => ({
    head: t.field({
      type: MessageRef,
      nullable: true,
      description:
        'The newest message of the branch that was then shown; null if the session had no messages any more, or the message has been deleted.',
      resolve: ({ headId }, args, context) => findMessage({ messageId: headId }, args, context),
    }),
    session: sessionField(t, sessionNow),
  }),
});

type OfSession<Kind extends ChangeEvent['kind']> = ChangeEvent<Kind> & { sessionId: number };

builder.objectRef<OfSession<'SessionCreated'>>('SessionCreated').implement({
  description: 'A session was created.',
  interfaces: [ViewerEventRef],
  fields: (t) => ({
    session: sessionField(t, sessionNow),
  }),
});

builder.objectRef<OfSession<'HistoryCleared'>>('HistoryCleared').implement({
  description: 'All messages of the session were deleted.',
  interfaces: [SessionEventRef],
  fields: (t) => ({
    session: sessionField(t, sessionNow),
  }),
});

builder.objectRef<OfSession<'SessionUpdated'>>('SessionUpdated').implement({
  description: 'The settings of the session were changed.',
  interfaces: [SessionEventRef, ViewerEventRef],
  fields: (t) => ({
    session: sessionField(t, sessionNow),
  }),
});

builder.objectRef<OfSession<'SessionDeleted'>>('SessionDeleted').implement({
  description: 'The session was deleted. No other event of the session follows.',
  interfaces: [SessionEventRef, ViewerEventRef],
  fields: (t) => ({
    deletedSessionId: t.globalID({
      description: 'The `id` that the session had.',
      resolve: ({ sessionId }) => ({ type: 'Session', id: sessionId }),
    }),
    databaseId: t.exposeInt('sessionId', { description: 'The `databaseId` that the session had.' }),
  }),
});

builder.objectRef<OfSession<'SessionNodeChanged'>>('SessionNodeChanged').implement({
  description:
    'A node was attached or detached, or an attached node has connected, disconnected or been changed, or has told how far it is with the files of the workspace. While files are transferred, it comes at most a few times a second.',
  interfaces: [SessionEventRef],
  fields: (t) => ({
    nodeId: t.exposeString('nodeId', { description: 'The `nodeId` of the node.' }),
    sessionNode: t.prismaField({
      type: SessionNodeRef,
      nullable: true,
      description: 'The attached node as it is now; null if it is no longer attached.',
      resolve: (query, { sessionId, agentNodeId }, _args, { database }) =>
        database.sessionNode.findUnique({
          ...query,
          where: { sessionId_agentNodeId: { sessionId, agentNodeId } },
        }),
    }),
  }),
});

builder.objectRef<OfSession<'WorkspaceChanged'>>('WorkspaceChanged').implement({
  description:
    'Files of the workspace have changed, or its conflicts, or where its files come from. While many files change, it comes at most a few times a second.',
  interfaces: [SessionEventRef],
  fields: (t) => ({
    workspace: t.field({
      type: WorkspaceRef,
      nullable: true,
      description: 'The workspace as it is now; null if the session has been deleted.',
      resolve: ({ sessionId }, _args, context) =>
        firstOf(rowsOf(context).workspaceOfSession.of({ id: sessionId })),
    }),
  }),
});

builder.subscriptionField('sessionEvents', (t) =>
  t.field({
    type: SessionEventRef,
    authScopes: (_root, { sessionId }) => ({ session: sessionId }),
    description:
      'What happens to a session, no matter which client causes it: from now on, or everything since a cursor. It ends when the session is deleted. Errors: NOT_FOUND; BAD_USER_INPUT if `after` is not a cursor that the same user got from this subscription.',
    args: {
      sessionId: idArg(t, SessionRef, 'The `id` of the session.'),
      after: t.arg.string({
        description: 'The `cursor` of the last event that the client has seen. Default: from now on.',
      }),
    },
    subscribe: async (_root, { sessionId, after }, context) => {
      if ((await findSession({ sessionId }, undefined, context)) === null) throw sessionNotFound(sessionId);
      return upToDeletion(await followScope(scopeOfSession(sessionId), after, context));
    },
    resolve: (event) => event,
  }),
);

async function* upToDeletion(events: AsyncIterable<ChangeEvent>): AsyncGenerator<ChangeEvent> {
  for await (const event of events) {
    yield event;
    if (event.kind === 'SessionDeleted') return;
  }
}
