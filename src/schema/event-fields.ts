import type { builder } from './builder.ts';
import { findRun, findSession } from './find-rows.ts';
import { RunRef } from './run.ts';
import { SessionRef } from './session.ts';

// The fields of events for the rows that they name by their numbers. The rows are read when a client selects them.

/** The builder of the fields of an event. */
export type EventFields<Event extends object> = PothosSchemaTypes.ObjectFieldBuilder<
  typeof builder.$inferSchemaTypes,
  Event
>;

/** The field `session` of an event. */
export function sessionField<Event extends { sessionId: number }>(
  t: EventFields<Event>,
  description: string,
) {
  return t.field({ type: SessionRef, nullable: true, description, resolve: findSession });
}

/** The field `run` of an event. */
export function runField<Event extends { runId: number }>(
  t: EventFields<Event>,
  description = 'The run; null if its session has been deleted.',
) {
  return t.field({ type: RunRef, nullable: true, description, resolve: findRun });
}
