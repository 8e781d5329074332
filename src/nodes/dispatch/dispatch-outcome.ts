import type { ToolErrorCode, ToolOutcome } from '../../tools/tool-runner.ts';
import type { Dispatch } from './dispatch.ts';

/** What an agent reports about a dispatch that has ended. */
export interface DispatchReport {
  status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT';
  result: string;
  exitCode?: number | null | undefined;
  errorCode?: ToolErrorCode | null | undefined;
  filesSynced?: boolean | null | undefined;
}

/**
 * Turns an agent's report into the outcome of the dispatch.
 *
 * @param isCancelled Whether the agent was told to stop the tool. If the agent stopped it unasked, the dispatch
 *   has failed.
 */
export function reportedOutcome(report: DispatchReport, isCancelled: boolean): ToolOutcome {
  const { status, result, exitCode, errorCode, filesSynced } = report;
  const shared = {
    result,
    // No program ends with another number, and a result must not be lost because of one.
    ...(Number.isSafeInteger(exitCode) && { exitCode: Number(exitCode) }),
    ...(filesSynced === true && { filesSynced }),
  };
  if (status === 'SUCCEEDED') return { ...shared, status };
  if (status === 'CANCELLED' && isCancelled) return { ...shared, status, stopped: true };
  if (status === 'TIMED_OUT') return { ...shared, status: 'FAILED', errorCode: 'TIMEOUT' };
  return { ...shared, status: 'FAILED', errorCode: errorCode ?? 'FAILED' };
}

export function failure(errorCode: ToolErrorCode, result: string): ToolOutcome {
  return { status: 'FAILED', errorCode, result };
}

/** Why the calls of a node are lost that was away for longer than its grace time. */
export function notBackInTime(nodeId: string): string {
  return `The node "${nodeId}" is offline and did not come back in time.`;
}

/** The outcome of a dispatch whose node is lost: its agent does not come back, or comes back too late. */
export function lostOutcome(
  { state, startedBy }: Pick<Dispatch, 'state' | 'startedBy'>,
  why: string,
): ToolOutcome {
  if (state === 'CANCELLING') {
    return { status: 'CANCELLED', stopped: false, result: `Cancelled. ${why} ${unknownEnd}` };
  }
  const end = startedBy === undefined ? 'Nothing was started.' : unknownEnd;
  return failure('NODE_OFFLINE', `${why} ${end}`);
}

/** The outcome of a dispatch that a connected agent has not acknowledged in time. */
export function notTakenOutcome(dispatch: Dispatch, why: string): ToolOutcome {
  if (dispatch.startedBy !== undefined) return lostOutcome(dispatch, why);
  return failure('NODE_UNRESPONSIVE', `${why} Nothing was started.`);
}

export const unknownEnd = 'It is not known whether the tool ran to its end.';
