import type { Dispatch, DispatchErrorCode, DispatchOutcome } from './dispatch.ts';

/** What an agent reports of a dispatch that has ended. */
export interface DispatchReport {
  status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT';
  result: string;
  exitCode?: number | null | undefined;
  errorCode?: DispatchErrorCode | null | undefined;
}

/**
 * The outcome that a report stands for.
 *
 * @param isCancelled Whether the agent was told to stop it; one that it stopped by itself has failed.
 */
export function reportedOutcome(report: DispatchReport, isCancelled: boolean): DispatchOutcome {
  const { status, result, exitCode, errorCode } = report;
  const shared = { result, ...(exitCode != null && { exitCode }) };
  if (status === 'SUCCEEDED') return { ...shared, status };
  if (status === 'CANCELLED' && isCancelled) return { ...shared, status, stopped: true };
  if (status === 'TIMED_OUT') return { ...shared, status: 'FAILED', errorCode: 'TIMEOUT' };
  return { ...shared, status: 'FAILED', errorCode: errorCode ?? 'FAILED' };
}

export function failure(errorCode: DispatchErrorCode, result: string): DispatchOutcome {
  return { status: 'FAILED', errorCode, result };
}

/** The outcome of a dispatch whose node will not be heard of again, or too late. */
export function lostOutcome({ state }: Dispatch, why: string): DispatchOutcome {
  if (state === 'CANCELLING') {
    return { status: 'CANCELLED', stopped: false, result: `Cancelled. ${why} ${unknownEnd}` };
  }
  const end = state === 'ACKNOWLEDGED' ? unknownEnd : 'Nothing was started.';
  return failure('NODE_OFFLINE', `${why} ${end}`);
}

const unknownEnd = 'Whether it ran to its end is not known.';
