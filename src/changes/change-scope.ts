import {
  type ChangeOwner,
  type ChangeRow,
  changesOfAll,
  changesOfSession,
  changesOfUser,
} from '../storage/statements/changes.ts';
import type { Parameter, Statement } from '../storage/statements/statement.ts';
import { viewerKinds } from './change.ts';

/** The changes that a follower is shown. */
export interface ChangeScope {
  /** What rings when there may be a new one. It also names the scope. */
  topic: string;
  /** Reads a page of them. Its last parameters are the position behind which the page begins, and its length. */
  statement: Statement<ChangeRow>;
  /** The first parameters of the statement. */
  parameters: Parameter[];
}

const topicOfSession = (sessionId: number) => `session:${sessionId}`;
const topicOfViewer = (userId: string) => `viewer:${userId}`;
const topicOfAll = 'viewers';

const ofUser = changesOfUser(viewerKinds);
const ofAll = changesOfAll(viewerKinds);

export function scopeOfSession(sessionId: number): ChangeScope {
  return { topic: topicOfSession(sessionId), statement: changesOfSession, parameters: [sessionId] };
}

/** The changes of a user's sessions and nodes. Undefined: those of all users. */
export function scopeOfViewer(userId: string | undefined): ChangeScope {
  if (userId === undefined) return { topic: topicOfAll, statement: ofAll, parameters: [] };
  return { topic: topicOfViewer(userId), statement: ofUser, parameters: [userId] };
}

/** The topics of the scopes that a change is in. */
export function topicsOf({ sessionId, userId }: ChangeOwner): string[] {
  const ofSession = sessionId === null ? [] : [topicOfSession(sessionId)];
  return [...ofSession, topicOfViewer(userId), topicOfAll];
}
