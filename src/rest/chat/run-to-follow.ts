import { encodeId } from '../../base/global-id.ts';
import {
  type FollowableRunFragment,
  GetRunsToFollowDocument,
  GetRunToResumeDocument,
} from '../../gql/graphql.ts';
import { RestError } from '../errors/rest-error.ts';
import { executeDocument } from '../route/execute.ts';
import type { RestContext, RestServices } from '../route/route.ts';
import type { Cursor } from './last-event-id.ts';

/**
 * Checks the cursor of a client that resumes.
 *
 * @returns The cursor to follow from; undefined if the run has ended and the client has received all of it.
 * @throws RestError 404 if the session has no such run.
 */
export async function findRunToResume(
  c: RestContext,
  services: RestServices,
  sessionId: number,
  cursor: Cursor,
): Promise<Cursor | undefined> {
  const variables = { runId: encodeId('Run', cursor.run) };
  const { run } = await executeDocument(c, services, GetRunToResumeDocument, variables, {});
  if (run?.session.databaseId !== sessionId) {
    throw new RestError(404, `Run ${cursor.run} of Last-Event-ID not found in session ${sessionId}`);
  }
  // Compare with `===`: a cursor beyond the end is invalid, and the subscription refuses it.
  return hasEnded(run) && cursor.seq === run.lastSeq ? undefined : cursor;
}

/**
 * Chooses the run that a `GET` follows: the run of the cursor if it has more frames, else the run in progress, else
 * the last run.
 *
 * @returns The cursor to follow from; undefined if the client has received all frames or the session has no run.
 * @throws RestError 404 if the session does not exist, or if it has no such run.
 */
export async function findRunToFollow(
  c: RestContext,
  services: RestServices,
  sessionId: number,
  cursor: Cursor | undefined,
): Promise<Cursor | undefined> {
  const resumed = cursor && (await findRunToResume(c, services, sessionId, cursor));
  if (resumed !== undefined) {
    return resumed;
  }
  const variables = { sessionId: encodeId('Session', sessionId) };
  const { session } = await executeDocument(c, services, GetRunsToFollowDocument, variables, {});
  if (!session) {
    throw new RestError(404, 'Session not found');
  }
  const run = session.activeRun ?? session.lastRun;
  return run && run.databaseId > (cursor?.run ?? 0) ? { run: run.databaseId, seq: 0 } : undefined;
}

function hasEnded({ status }: FollowableRunFragment): boolean {
  return status === 'COMPLETED' || status === 'CANCELLED' || status === 'FAILED';
}
