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
 * Where to go on after a cursor; undefined once its run has ended there.
 *
 * @throws RestError 404 where the session has no such run.
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
  // One beyond the end is no cursor of this run: following it is refused.
  return hasEnded(run) && cursor.seq === run.lastSeq ? undefined : cursor;
}

/**
 * Where to follow a session: after the cursor if there is more, else from the start of the run in progress,
 * else of the last run; undefined where the cursor has seen all of it.
 *
 * @throws RestError 404 where there is no such session, or no such run in it.
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
