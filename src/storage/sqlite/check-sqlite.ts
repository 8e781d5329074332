import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RecentFailure } from '../failure/watch-failures.ts';
import { plainStatement } from '../statements/row-decoder.ts';
import type { Statements } from '../statements/statement.ts';

/** How long the database may take to answer, in milliseconds. */
const answerMs = 2_000;
/** With fewer free bytes the next writes fail, for example because the write-ahead log cannot grow. */
const minFreeBytes = 1_048_576;

export interface CheckDatabaseOptions {
  statements: Statements;
  /** The path of the database file. */
  file: string;
  recent: RecentFailure;
}

const anything = plainStatement('SELECT 1');

/** Says why the database cannot be used, without a name of a file. Undefined if it can. Never rejects. */
export async function checkDatabase(options: CheckDatabaseOptions): Promise<string | undefined> {
  const { statements, file, recent } = options;
  const late = delay(answerMs, 'it does not answer', { ref: false });
  return recent.reason ?? (await Promise.race([ask(statements, file), late]));
}

async function ask(statements: Statements, file: string): Promise<string | undefined> {
  try {
    await statements.get(anything, []);
    // SQLite goes on with a file that was deleted, and everything is lost when the gateway stops.
    await stat(file);
    const { bavail, bsize } = await statfs(dirname(file));
    return bavail * bsize < minFreeBytes ? 'the disk is full' : undefined;
  } catch {
    return 'its file cannot be read';
  }
}
