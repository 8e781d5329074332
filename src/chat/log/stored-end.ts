import type { Run } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import type { Usage } from '../usage/usage.ts';
import {
  type RunEvent,
  type RunFailureCode,
  runFailureCodes,
  type TerminalRunEventBody,
} from './run-event.ts';

/**
 * What the database has left to tell of a run after the cursor: one `HistoryGap`, if anything is missing, and
 * the terminal run event. Undefined while the run is still live; nothing for a run that was deleted.
 */
export async function endedRun(
  database: Database,
  runId: number,
  after: number,
): Promise<RunEvent[] | undefined> {
  const run = await database.run.findUnique({ where: { id: runId } });
  if (run === null) return [];
  const body = terminalBody(run);
  if (body === undefined) return undefined;
  const at = (run.finishedAt ?? run.createdAt).getTime();
  const terminal = { ...body, runId, at, seq: run.lastSeq };
  if (after >= run.lastSeq) return [];
  if (after === run.lastSeq - 1) return [terminal];
  const toSeq = run.lastSeq - 1;
  return [{ type: 'HistoryGap', runId, at, seq: toSeq, fromSeq: after + 1, toSeq }, terminal];
}

/** The terminal run event that a run in the database stands for. */
function terminalBody(run: Run): TerminalRunEventBody | undefined {
  const shared = { messageId: run.assistantMessageId, usage: usageOf(run) };
  if (run.status === 'COMPLETED') {
    return { type: 'RunCompleted', ...shared, finishReason: run.finishReason ?? 'OTHER' };
  }
  if (run.status === 'CANCELLED') return { type: 'RunCancelled', ...shared };
  if (run.status !== 'FAILED') return undefined;
  const code = run.errorCode as RunFailureCode;
  return { type: 'RunFailed', ...shared, code, reason: run.errorMessage ?? runFailureCodes[code] };
}

export function usageOf(run: Run): Usage {
  const { providerName, modelName, inputTokens, outputTokens, reasoningTokens, cachedInputTokens } = run;
  const measured = run.usageMeasured;
  return { providerName, modelName, inputTokens, outputTokens, reasoningTokens, cachedInputTokens, measured };
}
