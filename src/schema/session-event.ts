import type { SessionChange } from '../chat/log/session-log.ts';
import { sessionNotFound } from '../errors.ts';
import { builder } from './builder.ts';
import { findMessage, findRun, findSession } from './find-rows.ts';
import { idArg } from './id-argument.ts';
import { MessageRef } from './message.ts';
import { RunRef } from './run.ts';
import { RunStartedRef } from './run-event.ts';
import { SessionRef } from './session.ts';
import { SessionNodeRef } from './session-node.ts';

/** A change of a session, with the id of the session. */
type SessionEvent<Type extends SessionChange['type']> = Extract<SessionChange, { type: Type }> & {
  sessionId: number;
};

const RunEndedRef = builder.objectRef<SessionEvent<'RunEnded'>>('RunEnded').implement({
  description:
    'A run of the session has ended. When it was cancelled in the queue, its prompt is withdrawn: `userMessage` of the run has the status CANCELLED from now on.',
  fields: (t) => ({
    run: t.field({
      type: RunRef,
      nullable: true,
      description: 'The run; null if its session has been deleted.',
      resolve: findRun,
    }),
  }),
});

const MessageAddedRef = builder.objectRef<SessionEvent<'MessageAdded'>>('MessageAdded').implement({
  description: 'A prompt was sent, or the message for its answer was created.',
  fields: (t) => ({
    message: t.field({
      type: MessageRef,
      nullable: true,
      description: 'The message; null if it has been deleted.',
      resolve: findMessage,
    }),
  }),
});

const sessionField = (name: 'HistoryCleared' | 'SessionUpdated', description: string) =>
  builder.objectRef<SessionEvent<typeof name>>(name).implement({
    description,
    fields: (t) => ({
      session: t.field({
        type: SessionRef,
        nullable: true,
        description: 'The session as it is now; null if it has been deleted.',
        resolve: findSession,
      }),
    }),
  });

const HistoryClearedRef = sessionField('HistoryCleared', 'All messages of the session were deleted.');
const SessionUpdatedRef = sessionField('SessionUpdated', 'The settings of the session were changed.');

const SessionDeletedRef = builder.objectRef<SessionEvent<'SessionDeleted'>>('SessionDeleted').implement({
  description: 'The session was deleted. No event follows.',
  fields: (t) => ({
    deletedSessionId: t.globalID({
      description: 'The `id` that the session had.',
      resolve: ({ sessionId }) => ({ type: 'Session', id: sessionId }),
    }),
    databaseId: t.exposeInt('sessionId', { description: 'The `databaseId` that the session had.' }),
  }),
});

const SessionNodeChangedRef = builder
  .objectRef<SessionEvent<'SessionNodeChanged'>>('SessionNodeChanged')
  .implement({
    description:
      'A node was attached or detached, or an attached node has connected, disconnected or been changed.',
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

const SessionEventRef = builder.unionType('SessionEvent', {
  description: 'Something that happened to a session.',
  types: [
    RunStartedRef,
    RunEndedRef,
    MessageAddedRef,
    HistoryClearedRef,
    SessionUpdatedRef,
    SessionNodeChangedRef,
    SessionDeletedRef,
  ],
  resolveType: (event) => event.type,
});

builder.subscriptionField('sessionEvents', (t) =>
  t.field({
    type: SessionEventRef,
    authScopes: (_root, { sessionId }) => ({ session: sessionId }),
    description:
      'What happens to a session from now on, no matter which client causes it. Ends when the session is deleted. Errors: NOT_FOUND.',
    args: {
      sessionId: idArg(t, SessionRef, 'The `id` of the session.'),
    },
    subscribe: async (_root, { sessionId }, context) => {
      if ((await findSession({ sessionId }, undefined, context)) === null) throw sessionNotFound(sessionId);
      return asSessionEvents(sessionId, context.sessionLog.follow(sessionId, context.signal));
    },
    resolve: (event) => event,
  }),
);

/** The event of each change. All followers get the same object, so that they can share its result. */
const eventOfChange = new WeakMap<SessionChange, ReturnType<typeof toSessionEvent>>();

async function* asSessionEvents(sessionId: number, changes: AsyncIterable<SessionChange>) {
  for await (const change of changes) {
    const event = eventOfChange.get(change) ?? toSessionEvent(sessionId, change);
    eventOfChange.set(change, event);
    yield event;
  }
}

function toSessionEvent(sessionId: number, change: SessionChange) {
  return change.type === 'RunStarted' ? change.started : { ...change, sessionId };
}
