import type { Logger } from 'pino';
import type { Database } from '../../storage/database.ts';
import type { RunWriter } from '../log/run-writer.ts';
import { countsOf } from './finish-run.ts';

/** Runs saved in one transaction. */
const batchSize = 50;

/** Saves what live runs have written so far, so that a crash costs no more than the last moment of it. */
export interface Checkpointer extends AsyncDisposable {
  /** Saves this run from now on, until disposed. */
  track(writer: RunWriter): Disposable;
}

export interface CheckpointerOptions {
  database: Database;
  /** Between two checkpoints of a run. */
  everyMs: number;
  log: Logger;
}

/** One timer for all live runs: however many there are, a round of checkpoints is a few transactions. */
export function createCheckpointer({ database, everyMs, log }: CheckpointerOptions): Checkpointer {
  const savedSeqs = new Map<RunWriter, number>();
  let round: Promise<void> | undefined;

  const saveAll = async () => {
    const grown = [...savedSeqs].filter(([writer, seq]) => writer.lastSeq > seq).map(([writer]) => writer);
    for (let start = 0; start < grown.length; start += batchSize) {
      const batch = grown.slice(start, start + batchSize).map((writer) => ({ writer, seq: writer.lastSeq }));
      await database.$transaction(batch.flatMap(({ writer }) => updates(database, writer)));
      for (const { writer, seq } of batch) if (savedSeqs.has(writer)) savedSeqs.set(writer, seq);
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

/** Only while the run is live: a checkpoint that comes late must not undo the end. */
function updates(database: Database, writer: RunWriter) {
  const { content, reasoning, usage, lastSeq, runId, assistantMessageId } = writer;
  const run = database.run.updateMany({
    where: { id: runId, status: 'RUNNING' },
    data: { lastSeq, ...countsOf(usage), usageMeasured: usage.measured },
  });
  if (assistantMessageId === null) return [run];
  const message = database.message.updateMany({
    where: { id: assistantMessageId, status: 'STREAMING' },
    data: { content, reasoning: reasoning || null },
  });
  return [message, run];
}
