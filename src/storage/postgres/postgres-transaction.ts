import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

/** Milliseconds between two questions whether a transaction was committed. */
const askMs = 200;
/** How often it is asked: for longer than a server takes to restart. */
const mostQuestions = 50;

/**
 * Runs `work` in a transaction on a connection of its own. If the connection breaks while the server commits, it asks
 * the server what has happened: otherwise a prompt could be stored as being answered, and nobody would answer it.
 *
 * @throws What `work` or the server throws; nothing was stored then, unless the server could not be asked any more.
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const id = await begin(client);
    const value = await work(client);
    await client.query('COMMIT').catch(async (error: Error) => {
      if (!isCommitLost(error)) throw error;
      broken = error;
      if (!(await wasCommitted(pool, id))) throw error;
    });
    return value;
  } catch (error) {
    // A connection on which not even the rollback works is closed, and the server rolls back.
    if (broken === undefined) {
      await client.query('ROLLBACK').catch((cause: Error) => {
        broken = cause;
      });
    }
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Returns the id of the transaction, by which the server finds it again. */
async function begin(client: pg.PoolClient): Promise<string> {
  const results = (await client.query(
    'BEGIN; SELECT pg_current_xact_id() AS id',
  )) as unknown as pg.QueryResult[];
  return String(results[1]?.rows[0]?.id);
}

/** A failure without the severity that PostgreSQL gives its own: the connection broke, or nothing came in time. */
function isCommitLost(error: Error): boolean {
  return !('severity' in error) || error.severity === 'FATAL';
}

async function wasCommitted(pool: pg.Pool, id: string): Promise<boolean> {
  for (let questions = 1; ; questions += 1) {
    try {
      const { rows } = await pool.query<{ status: string | null }>(
        'SELECT pg_xact_status($1::xid8) AS status',
        [id],
      );
      const status = rows[0]?.status;
      if (status !== 'in progress') return status === 'committed';
    } catch (error) {
      if (questions === mostQuestions) throw error;
    }
    if (questions === mostQuestions) return false;
    await delay(askMs);
  }
}
