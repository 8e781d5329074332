import type { Logger } from 'pino';
import { repeat } from '../../base/repeat.ts';
import { checkpointAnswer } from '../../storage/statements/exchanges.ts';
import { checkpointRun } from '../../storage/statements/run-states.ts';
import type { Statements, Writer } from '../../storage/statements/statement.ts';
import type { RunWriter } from '../log/run-writer.ts';
import { countParameters } from '../usage/usage.ts';

/** Runs saved in one transaction. */
const batchSize = 50;

/** Saves the answers of live runs regularly, so that a crash loses only the text since the last checkpoint. */
export interface Checkpointer extends AsyncDisposable {
  /** Saves the run's answer regularly until the result is disposed. */
  track(writer: RunWriter): Disposable;
}

export interface CheckpointerOptions {
  statements: Statements;
  /** Milliseconds between two checkpoints of a run. */
  everyMs: number;
  log: Logger;
}

/** One timer serves all live runs, so that a round of checkpoints takes only a few transactions. */
export function createCheckpointer({ statements, everyMs, log }: CheckpointerOptions): Checkpointer {
  const savedSeqs = new Map<RunWriter, number>();

  const saveAll = async () => {
    const grown = [...savedSeqs].filter(([writer, seq]) => writer.lastSeq > seq).map(([writer]) => writer);
    for (let start = 0; start < grown.length; start += batchSize) {
      const batch = grown.slice(start, start + batchSize);
      const seqs = batch.map((writer) => writer.lastSeq);
      await statements.transaction(async (tx) => {
        for (const writer of batch) await save(tx, writer);
      });
      for (const [index, writer] of batch.entries()) {
        if (savedSeqs.has(writer)) savedSeqs.set(writer, seqs[index] ?? 0);
      }
    }
  };
  const rounds = repeat(everyMs, () =>
    saveAll().catch((error) => log.error({ err: error }, 'a checkpoint could not be saved')),
  );

  return {
    track(writer) {
      savedSeqs.set(writer, 0);
      return { [Symbol.dispose]: () => void savedSeqs.delete(writer) };
    },
    [Symbol.asyncDispose]: () => rounds[Symbol.asyncDispose](),
  };
}

/**
 * Updates only live runs that this gateway has still, because a late checkpoint must not overwrite the saved end of a
 * run, or what another gateway has saved.
 */
async function save(tx: Writer, writer: RunWriter): Promise<void> {
  const { runId, assistantMessageId, content, reasoning, lastSeq, usage, hold } = writer;
  const { fence } = hold;
  const saved = await tx.run(checkpointRun, [
    lastSeq,
    ...countParameters(usage),
    usage.measured,
    runId,
    fence,
  ]);
  if (saved > 0) await tx.run(checkpointAnswer, [content, reasoning || null, assistantMessageId, fence]);
}
