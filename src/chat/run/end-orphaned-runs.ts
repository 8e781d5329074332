import type { ChangeLog } from '../../changes/change-log.ts';
import { Prisma, type Run } from '../../generated/prisma/client.ts';
import type { CancelCause } from '../../generated/prisma/enums.ts';
import type { Database } from '../../storage/database.ts';
import { visibleMessageById } from '../../storage/statements/exchanges.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { RunLostError } from '../log/run-hold.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import { usageOf } from '../usage/usage.ts';
import { type InterruptedRun, saveInterruptedRuns, seqsBeyondCheckpoint } from './save-interrupted-runs.ts';
import { type EndedRun, saveRunEnd } from './save-run-end.ts';

/** Characters at the start of a text by which the tokens of all of it are judged. */
const sampleLength = 1_000;

/** So many messages at the end of a session stand for what the model was shown: a start must not read all of a long one. */
const shownMessages = 1_000;

/** What is read of a run. Texts are read only as far as their tokens are judged by them. */
interface Orphan {
  id: number;
  fence: number;
  sessionId: number;
  messageId: number | null;
  providerName: string;
  modelName: string;
  inputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  cachedInputTokens: number;
  cacheWriteInputTokens: number;
  /** Tokens of the last messages that the model was shown, as far as they were counted. */
  shownTokens: number;
  content: string;
  contentLength: number;
  reasoning: string;
  reasoningLength: number;
}

interface Stores {
  database: Database;
  statements: Statements;
  changes: ChangeLog;
}

/**
 * Ends runs that another gateway has executed until it died, as FAILED / INTERRUPTED with the text of their last
 * checkpoint. Their tokens are estimated, because no provider will report them any more. A run that a user has cancelled
 * in the meantime ends as CANCELLED.
 */
export async function endOrphanedRuns(runs: readonly Run[], stores: Stores): Promise<void> {
  const interrupted = runs.filter(({ stopCause }) => stopCause === null).map(({ id }) => id);
  if (interrupted.length > 0) {
    const orphans = await readOrphans(stores.database, interrupted);
    await saveInterruptedRuns(stores, await Promise.all(orphans.map(estimate)));
  }
  for (const run of runs) {
    if (run.stopCause !== null) await endStopped(run, run.stopCause, stores);
  }
}

async function endStopped(run: Run, cancelCause: CancelCause, stores: Stores): Promise<void> {
  const answer =
    run.assistantMessageId && (await stores.statements.get(visibleMessageById, [run.assistantMessageId]));
  const ended: EndedRun = {
    ...{ run, end: { status: 'CANCELLED', cancelCause }, usage: usageOf(run) },
    content: answer ? answer.content : '',
    reasoning: answer ? (answer.reasoning ?? '') : '',
    hasCalls: true,
    lastSeq: run.lastSeq + seqsBeyondCheckpoint,
    contextTokens: 0,
  };
  const stored = await saveRunEnd(stores, ended).catch((error: unknown) => {
    // Another gateway ends it.
    if (error instanceof RunLostError) return undefined;
    throw error;
  });
  stores.changes.ring(stored?.told ?? []);
}

async function readOrphans(database: Database, ids: number[]): Promise<Orphan[]> {
  const rows = await database.$queryRaw<Record<keyof Orphan, unknown>[]>`
    SELECT r."id", r."fence", r."sessionId", m."id" AS "messageId", r."providerName", r."modelName",
      r."inputTokens", r."outputTokens", r."reasoningTokens", r."cachedInputTokens",
      r."cacheWriteInputTokens",
      CASE WHEN r."inputTokens" > 0 THEN 0 ELSE (
        SELECT COALESCE(SUM(s."tokenCount"), 0) FROM (
          SELECT "tokenCount" FROM "Message"
          WHERE ("sessionId", "id") > (r."sessionId", 0)
            AND ("sessionId", "id") <= (r."sessionId", COALESCE(r."userMessageId", 0))
          ORDER BY "sessionId" DESC, "id" DESC LIMIT ${shownMessages}
        ) s
      ) END AS "shownTokens",
      SUBSTR(COALESCE(m."content", ''), 1, ${sampleLength}) AS "content",
      LENGTH(COALESCE(m."content", '')) AS "contentLength",
      SUBSTR(COALESCE(m."reasoning", ''), 1, ${sampleLength}) AS "reasoning",
      LENGTH(COALESCE(m."reasoning", '')) AS "reasoningLength"
    FROM "Run" r LEFT JOIN "Message" m ON m."id" = r."assistantMessageId"
    WHERE r."id" IN (${Prisma.join(ids)}) ORDER BY r."id"`;
  // SQLite's numbers come as BigInt.
  const toNumbers = (row: object) =>
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]);
  return rows.map((row) => Object.fromEntries(toNumbers(row)) as Orphan);
}

async function estimate(orphan: Orphan): Promise<InterruptedRun> {
  const { id, fence, sessionId, messageId, providerName, modelName } = orphan;
  const { cachedInputTokens, cacheWriteInputTokens } = orphan;
  const contentTokens = await estimateTokens(orphan.content, orphan.contentLength);
  const reasoningTokens = await estimateTokens(orphan.reasoning, orphan.reasoningLength);
  // Without a first checkpoint the input count is 0.
  const inputTokens = orphan.inputTokens || orphan.shownTokens;
  const outputTokens = Math.max(orphan.outputTokens, contentTokens + reasoningTokens);
  return {
    id,
    fence,
    sessionId,
    messageId,
    providerName,
    modelName,
    inputTokens,
    outputTokens,
    reasoningTokens: Math.max(orphan.reasoningTokens, reasoningTokens),
    cachedInputTokens,
    cacheWriteInputTokens,
    contentTokens,
  };
}

/** @param length Characters of the whole text. */
async function estimateTokens(sample: string, length: number): Promise<number> {
  const tokens = await countTokens(sample);
  return length <= sampleLength ? tokens : Math.ceil(tokens * (length / sampleLength));
}
