import type { ChangeLog } from '../../changes/change-log.ts';
import type { Database } from '../../storage/database.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import { type InterruptedRun, saveInterruptedRuns } from './save-interrupted-runs.ts';

/** Runs that are read and ended together. One transaction for each run would make a start with many runs slow. */
const batchSize = 200;
/** Characters at the start of a text by which the tokens of all of it are judged. */
const sampleLength = 1_000;

/** What is read of a run. Texts are read only as far as their tokens are judged by them. */
interface Orphan {
  id: number;
  sessionId: number;
  messageId: number | null;
  providerName: string;
  modelName: string;
  inputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  cachedInputTokens: number;
  cacheWriteInputTokens: number;
  /** Tokens of the messages that the model was shown, as far as they were counted. */
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
 * Ends the runs that a gateway left RUNNING when it died, as FAILED / INTERRUPTED with the text of their last
 * checkpoint. Their tokens are estimated, because no provider will report them any more.
 *
 * @returns The number of ended runs.
 */
export async function endOrphanedRuns({ database, statements, changes }: Stores): Promise<number> {
  let ended = 0;
  for (let orphans = await readOrphans(database); orphans.length > 0; orphans = await readOrphans(database)) {
    await saveInterruptedRuns({ statements, changes }, await Promise.all(orphans.map(estimate)));
    ended += orphans.length;
  }
  return ended;
}

async function readOrphans(database: Database): Promise<Orphan[]> {
  const rows = await database.$queryRaw<Record<keyof Orphan, unknown>[]>`
    SELECT r."id", r."sessionId", m."id" AS "messageId", r."providerName", r."modelName",
      r."inputTokens", r."outputTokens", r."reasoningTokens", r."cachedInputTokens",
      r."cacheWriteInputTokens",
      CASE WHEN r."inputTokens" > 0 THEN 0 ELSE (
        SELECT COALESCE(SUM(s."tokenCount"), 0) FROM "Message" s
        WHERE s."sessionId" = r."sessionId" AND s."id" <= COALESCE(r."userMessageId", 0)
      ) END AS "shownTokens",
      SUBSTR(COALESCE(m."content", ''), 1, ${sampleLength}) AS "content",
      LENGTH(COALESCE(m."content", '')) AS "contentLength",
      SUBSTR(COALESCE(m."reasoning", ''), 1, ${sampleLength}) AS "reasoning",
      LENGTH(COALESCE(m."reasoning", '')) AS "reasoningLength"
    FROM "Run" r LEFT JOIN "Message" m ON m."id" = r."assistantMessageId"
    WHERE r."status" = 'RUNNING' ORDER BY r."id" LIMIT ${batchSize}`;
  // SQLite's numbers come as BigInt.
  const toNumbers = (row: object) =>
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]);
  return rows.map((row) => Object.fromEntries(toNumbers(row)) as Orphan);
}

async function estimate(orphan: Orphan): Promise<InterruptedRun> {
  const { id, sessionId, messageId, providerName, modelName } = orphan;
  const { cachedInputTokens, cacheWriteInputTokens } = orphan;
  const contentTokens = await estimateTokens(orphan.content, orphan.contentLength);
  const reasoningTokens = await estimateTokens(orphan.reasoning, orphan.reasoningLength);
  // Without a first checkpoint the input count is 0.
  const inputTokens = orphan.inputTokens || orphan.shownTokens;
  const outputTokens = Math.max(orphan.outputTokens, contentTokens + reasoningTokens);
  return {
    id,
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
