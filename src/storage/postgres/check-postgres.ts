import { setTimeout as delay } from 'node:timers/promises';
import { serverFailure } from '../failure/postgres-error.ts';
import type { RecentFailure } from '../failure/watch-failures.ts';
import { plainStatement } from '../statements/row-decoder.ts';
import type { Statements } from '../statements/statement.ts';

/** How long the database may take to answer, in milliseconds. */
const answerMs = 2_000;

const anything = plainStatement('SELECT 1');

/** Says why the database cannot be used, without a name of a host. Undefined if it can. Never rejects. */
export async function checkPostgres({
  statements,
  recent,
}: {
  statements: Statements;
  recent: RecentFailure;
}): Promise<string | undefined> {
  const late = delay(answerMs, 'it does not answer', { ref: false });
  return recent.reason ?? (await Promise.race([ask(statements), late]));
}

async function ask(statements: Statements): Promise<string | undefined> {
  try {
    await statements.get(anything, []);
    return undefined;
  } catch (error) {
    return serverFailure(error) ?? 'it refuses statements';
  }
}
