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
    throw new RestError(404, `Run ${cursor.run} not found in session ${sessionId}`);
  }
  // Compare with `===`: a cursor beyond the end is invalid, and the subscription refuses it.
  return hasEnded(run) && cursor.seq === run.lastSeq ? undefined : cursor;
}

/**
 * Chooses the run that a `GET` follows: the run of the cursor if it has more frames, else the run in progress, else
 * the last run. With a stream ticket it is the run of the ticket.
 *
 * @returns The cursor to follow from; undefined if the client has received all frames or the session has no run.
 * @throws RestError 404 if the session does not exist, or if it has no such run; 403 for a cursor in another run than that
 *   of the ticket.
 */
export async function findRunToFollow(
  c: RestContext,
  services: RestServices,
  sessionId: number,
  cursor: Cursor | undefined,
): Promise<Cursor | undefined> {
  const ofTicket = c.get('ticketRunId');
  if (ofTicket !== undefined) {
    if (cursor && cursor.run !== ofTicket) await checkJoined(c, services, cursor.run, ofTicket);
    return findRunToResume(c, services, sessionId, cursor ?? { run: ofTicket, seq: 0 });
  }
  const resumed = cursor && (await findRunToResume(c, services, sessionId, cursor));
  if (resumed !== undefined) {
    return resumed;
  }
  const run = await findNewestRun(c, services, sessionId);
  return run && run.databaseId > (cursor?.run ?? 0) ? { run: run.databaseId, seq: 0 } : undefined;
}

/** @throws RestError 403 unless the prompt of the ticket's run has joined the answer of the other run. */
async function checkJoined(c: RestContext, services: RestServices, other: number, ofTicket: number) {
  const variables = { runId: encodeId('Run', ofTicket) };
  const { run } = await executeDocument(c, services, GetRunToResumeDocument, variables, {});
  if (run?.steeredInto?.databaseId === other) return;
  throw new RestError(403, `The stream ticket is for run ${ofTicket}`);
}

/**
 * The run in progress, else the last run; null or undefined if the session has had no run.
 *
 * @throws RestError 404 if the session does not exist.
 */
export async function findNewestRun(c: RestContext, services: RestServices, sessionId: number) {
  const variables = { sessionId: encodeId('Session', sessionId) };
  const { session } = await executeDocument(c, services, GetRunsToFollowDocument, variables, {});
  if (!session) {
    throw new RestError(404, 'Session not found');
  }
  const { activeRun, lastRun } = session;
  // The newest prompt may have joined the answer of an earlier run. Its frames are those of that run.
  return (
    activeRun ??
    (lastRun && { ...lastRun, databaseId: lastRun.steeredInto?.databaseId ?? lastRun.databaseId })
  );
}

function hasEnded({ status }: FollowableRunFragment): boolean {
  return status === 'COMPLETED' || status === 'CANCELLED' || status === 'FAILED';
}
