import { encodeId, maxId } from '../../base/global-id.ts';

/**
 * The id by which a client knows a call of one of its tools: with the run, so that its answer finds the run. Providers
 * only promise ids that are unique within an answer.
 */
export function writeCallId(run: number, callId: string): string {
  return `call_${run}_${callId}`;
}

/** The Relay id of the run, and its own id of the call. Undefined for an id that this gateway has not given. */
export function readCallId(id: string): { runId: string; callId: string } | undefined {
  const [, run, callId] = /^call_([1-9]\d{0,9})_(.+)$/s.exec(id) ?? [];
  if (run === undefined || callId === undefined || Number(run) > maxId) return undefined;
  return { runId: encodeId('Run', Number(run)), callId };
}
