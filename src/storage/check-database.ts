import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from './database.ts';
import type { RecentFailure } from './watch-failures.ts';

/** How long the database may take to answer, in milliseconds. */
const answerMs = 2_000;
/** With fewer free bytes the next writes fail, for example because the write-ahead log cannot grow. */
const minFreeBytes = 1_048_576;

export interface CheckDatabaseOptions {
  db: Database;
  /** The path of the database file. */
  file: string;
  recent: RecentFailure;
}

/** Says why the database cannot be used, without a name of a file. Undefined if it can. Never rejects. */
export async function checkDatabase({ db, file, recent }: CheckDatabaseOptions): Promise<string | undefined> {
  const late = delay(answerMs, 'it does not answer', { ref: false });
  return recent.reason ?? (await Promise.race([ask(db, file), late]));
}

async function ask(db: Database, file: string): Promise<string | undefined> {
  try {
    await db.$queryRaw`SELECT 1`;
    // SQLite goes on with a file that was deleted, and everything is lost when the gateway stops.
    await stat(file);
    const { bavail, bsize } = await statfs(dirname(file));
    return bavail * bsize < minFreeBytes ? 'the disk is full' : undefined;
  } catch {
    return 'its file cannot be read';
  }
}
