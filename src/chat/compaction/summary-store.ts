import type { ContextSummary } from '../../generated/prisma/client.ts';
import type { Quotas } from '../../limits/quotas.ts';
import {
  forgetSummaries,
  storeSummary,
  summariesOfSession,
  summaryBytes,
} from '../../storage/statements/context-summaries.ts';
import type { Reader, Statements, Writer } from '../../storage/statements/statement.ts';
import { addSessionBytes } from '../../storage/statements/uploads.ts';
import { textBytes } from '../../storage/stored-bytes.ts';
import { type ShownSummary, summaryTokens } from '../history/shown-summary.ts';
import type { RunHold } from '../log/run-hold.ts';
import { countTokens } from '../usage/estimate-tokens.ts';

/** Summaries that are kept of a session, of all its branches. Where an older one is missed, it is written again. */
const mostSummaries = 20;

export interface SummaryStore {
  statements: Statements;
  quotas: Pick<Quotas, 'add'>;
  sessionId: number;
  /** The run that writes summaries. */
  runId: number;
  hold: RunHold;
}

/** The newest summaries of a session, by the message with which each ends. They may be of any branch. */
export async function readSummaries(
  statements: Reader,
  sessionId: number,
): Promise<ReadonlyMap<number, ContextSummary>> {
  const rows = await statements.all(summariesOfSession, [sessionId, mostSummaries]);
  return new Map(rows.map((row) => [row.throughId, row]));
}

export async function toShown({ text, throughId, coveredMessages }: ContextSummary): Promise<ShownSummary> {
  return { text, throughId, coveredMessages, tokens: await summaryTokens(text) };
}

/**
 * Stores a summary, so that later runs need not write it again, and counts its bytes. Stores nothing if another gateway has
 * taken over the run, or if the message is gone with which it ends.
 */
export async function saveSummary(
  summary: ShownSummary,
  maker: { providerName: string; modelName: string },
  store: SummaryStore,
): Promise<void> {
  const { statements, quotas, sessionId } = store;
  const tokens = await countTokens(summary.text);
  const counted = await statements.transaction(async (tx) => {
    await tx.lockSession(sessionId);
    const { text, coveredMessages, throughId } = summary;
    const before = await tx.get(summaryBytes, [throughId]);
    const stored = await tx.get(storeSummary, [
      ...[text, tokens, coveredMessages, maker.providerName, maker.modelName, new Date(), throughId],
      ...[store.runId, store.hold.fence],
    ]);
    if (stored === undefined) return undefined;
    const grown = textBytes(text) - (before?.bytes ?? 0) - (await forgetOldest(tx, sessionId));
    const session = await tx.get(addSessionBytes, [grown, sessionId]);
    return session && { userId: session.userId, bytes: grown };
  });
  if (counted) quotas.add(counted.userId, counted.bytes);
}

/** Returns the bytes of the summaries that were deleted. */
async function forgetOldest(tx: Writer, sessionId: number): Promise<number> {
  const forgotten = await tx.all(forgetSummaries, [sessionId, sessionId, mostSummaries]);
  return forgotten.reduce((sum, { bytes }) => sum + bytes, 0);
}
