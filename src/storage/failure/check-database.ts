import { setTimeout as delay } from 'node:timers/promises';
import { plainStatement } from '../statements/row-decoder.ts';
import type { Reader } from '../statements/statement.ts';
import type { RecentFailure } from './watch-failures.ts';

/** How long the database may take to answer, in milliseconds. */
const answerMs = 2_000;

const anything = plainStatement('SELECT 1');

export interface CheckDatabaseOptions {
  statements: Reader;
  recent: RecentFailure;
  /** Looks for what a statement does not notice, and says why the database cannot be used. */
  look?: () => Promise<string | undefined>;
  /** Says why a statement, or `look`, has failed. */
  reasonOf: (error: unknown) => string;
}

/** Says why the database cannot be used, without a name of a file or host. Undefined if it can. Never rejects. */
export async function checkDatabase(options: CheckDatabaseOptions): Promise<string | undefined> {
  const late = delay(answerMs, 'it does not answer', { ref: false });
  return options.recent.reason ?? (await Promise.race([ask(options), late]));
}

async function ask({ statements, look, reasonOf }: CheckDatabaseOptions): Promise<string | undefined> {
  try {
    await statements.get(anything, []);
    return await look?.();
  } catch (error) {
    return reasonOf(error);
  }
}
