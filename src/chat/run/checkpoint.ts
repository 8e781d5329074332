import type { Logger } from 'pino';
import { Prisma } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import type { RunWriter } from '../log/run-writer.ts';

/** Runs saved in one transaction. */
const batchSize = 50;

/** Saves the answers of live runs regularly, so that a crash loses only the text since the last checkpoint. */
export interface Checkpointer extends AsyncDisposable {
  /** Saves the run's answer regularly until the result is disposed. */
  track(writer: RunWriter): Disposable;
}

export interface CheckpointerOptions {
  database: Database;
  /** Milliseconds between two checkpoints of a run. */
  everyMs: number;
  log: Logger;
}

/** One timer serves all live runs, so that a round of checkpoints takes only a few transactions. */
export function createCheckpointer({ database, everyMs, log }: CheckpointerOptions): Checkpointer {
  const savedSeqs = new Map<RunWriter, number>();
  let round: Promise<void> | undefined;

  const saveAll = async () => {
    const grown = [...savedSeqs].filter(([writer, seq]) => writer.lastSeq > seq).map(([writer]) => writer);
    for (let start = 0; start < grown.length; start += batchSize) {
      const batch = grown.slice(start, start + batchSize);
      const seqs = batch.map((writer) => writer.lastSeq);
      await database.$transaction(updates(database, batch));
      for (const [index, writer] of batch.entries()) {
        if (savedSeqs.has(writer)) savedSeqs.set(writer, seqs[index] ?? 0);
      }
    }
  };
  const timer = setInterval(() => {
    round ??= saveAll()
      .catch((error) => log.error({ err: error }, 'a checkpoint could not be saved'))
      .finally(() => {
        round = undefined;
      });
  }, everyMs).unref();

  return {
    track(writer) {
      savedSeqs.set(writer, 0);
      return { [Symbol.dispose]: () => void savedSeqs.delete(writer) };
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await round;
    },
  };
}

/**
 * Builds two statements for the whole batch, because a statement for each run would be too slow with a thousand live
 * runs. Updates only live runs, because a late checkpoint must not overwrite the saved end of a run.
 */
function updates(database: Database, writers: RunWriter[]) {
  const messages = writers.map(
    ({
      assistantMessageId,
      content,
      reasoning,
    }) => Prisma.sql`SELECT CAST(${assistantMessageId} AS INTEGER) AS "id",
      CAST(${content} AS TEXT) AS "content", CAST(${reasoning || null} AS TEXT) AS "reasoning"`,
  );
  const runs = writers.map(
    ({ runId, lastSeq, usage }) => Prisma.sql`SELECT CAST(${runId} AS INTEGER) AS "id",
      CAST(${lastSeq} AS INTEGER) AS "lastSeq", CAST(${usage.inputTokens} AS INTEGER) AS "inputTokens",
      CAST(${usage.outputTokens} AS INTEGER) AS "outputTokens",
      CAST(${usage.reasoningTokens} AS INTEGER) AS "reasoningTokens",
      CAST(${usage.cachedInputTokens} AS INTEGER) AS "cachedInputTokens",
      CAST(${usage.cacheWriteInputTokens} AS INTEGER) AS "cacheWriteInputTokens",
      CAST(${usage.measured} AS BOOLEAN) AS "usageMeasured"`,
  );
  return [
    database.$executeRaw`UPDATE "Message" SET "content" = "saved"."content", "reasoning" = "saved"."reasoning"
      FROM (${Prisma.join(messages, ' UNION ALL ')}) AS "saved"
      WHERE "Message"."id" = "saved"."id" AND "Message"."status" = 'STREAMING'`,
    database.$executeRaw`UPDATE "Run" SET "lastSeq" = "saved"."lastSeq", "inputTokens" = "saved"."inputTokens",
      "outputTokens" = "saved"."outputTokens", "reasoningTokens" = "saved"."reasoningTokens",
      "cachedInputTokens" = "saved"."cachedInputTokens",
      "cacheWriteInputTokens" = "saved"."cacheWriteInputTokens", "usageMeasured" = "saved"."usageMeasured"
      FROM (${Prisma.join(runs, ' UNION ALL ')}) AS "saved"
      WHERE "Run"."id" = "saved"."id" AND "Run"."status" = 'RUNNING'`,
  ];
}
