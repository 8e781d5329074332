import type { Change } from '../changes/change.ts';
import type { ChangeScope } from '../changes/change-scope.ts';
import type { FollowedChange } from '../changes/follow-changes.ts';
import type { Context } from '../context.ts';
import type { ChangePosition } from '../storage/statements/changes.ts';
import { followerOf } from './access/access.ts';
import { builder } from './builder.ts';

/** What the two interfaces below need of an event. */
interface ToldEvent {
  /** The name of its GraphQL type. */
  type: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** Its place in the change log, and in which stream it is told. Undefined for a run event. */
  position?: ChangePosition;
  stream?: string;
}

/** A change as it is told to the followers of a scope, with what its type needs. */
export type ChangeEvent<Kind extends FollowedChange['kind'] = FollowedChange['kind']> = Extract<
  FollowedChange,
  { kind: Kind }
> &
  Required<ToldEvent>;

const cursor =
  'The place of the event in this subscription. To continue later, pass the newest one as `after`. It is valid only for the same user, and for the same subscription with the same other arguments.';

const at = 'When it happened.';

export const SessionEventRef = builder.interfaceRef<ToldEvent>('SessionEvent').implement({
  description: 'Something that happened to a session.',
  resolveType: (event) => event.type,
  fields: (t) => ({
    cursor: t.string({ description: cursor, resolve: (event, _args, context) => cursorOf(event, context) }),
    at: t.expose('at', { type: 'DateTime', description: at }),
  }),
});

export const ViewerEventRef = builder.interfaceRef<ToldEvent>('ViewerEvent').implement({
  description: 'Something that happened to one of the sessions or nodes of the viewer.',
  resolveType: (event) => event.type,
  fields: (t) => ({
    cursor: t.string({ description: cursor, resolve: (event, _args, context) => cursorOf(event, context) }),
    at: t.expose('at', { type: 'DateTime', description: at }),
  }),
});

builder.objectRef<ChangeEvent<'WatchGap'>>('WatchGap').implement({
  description:
    'Events between `after` and this one may be missing, because they were deleted `CHANGE_LOG_TTL_MS` after they had happened. Load again what you show. All later events follow.',
  interfaces: [SessionEventRef, ViewerEventRef],
});

function cursorOf(event: ToldEvent & { runId?: number; sessionId?: number }, context: Context) {
  const { position, stream, runId = 0, sessionId = 0 } = event;
  const userId = followerOf(context)?.userId ?? '';
  if (position && stream) return context.changes.cursors.write(position, { userId, stream });
  return context.changes.cursorOfRunStart(sessionId, runId, userId);
}

/** Follows a scope for the viewer, as events of the schema. */
export async function followScope(
  scope: ChangeScope,
  after: string | null | undefined,
  context: Context,
): Promise<AsyncGenerator<ChangeEvent>> {
  const holder = { userId: followerOf(context)?.userId ?? '', stream: scope.topic };
  const changes = await context.changes.follow(scope, after, holder, context.signal);
  return asEvents(changes, scope.topic);
}

/** The event of each change. All followers of a scope get the same object, so that they can share its result. */
const eventOfChange = new WeakMap<Change, ChangeEvent>();

async function* asEvents(
  changes: AsyncIterable<FollowedChange>,
  stream: string,
): AsyncGenerator<ChangeEvent> {
  for await (const change of changes) {
    const { kind: type, position } = change;
    if (change.kind === 'WatchGap') {
      // Its place is that of the change before it.
      yield { ...change, type, stream, at: Date.now() };
      continue;
    }
    const event = eventOfChange.get(change) ?? ({ ...change, type, stream, at: position.at } as ChangeEvent);
    eventOfChange.set(change, event);
    yield event;
  }
}
