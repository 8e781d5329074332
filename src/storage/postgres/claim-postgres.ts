import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { messageOf } from '../../base/caught-error.ts';
import { StartupError } from '../../config/startup-error.ts';
import { connectionConfig, type PostgresOptions } from './postgres-pool.ts';

export interface Claim extends AsyncDisposable {
  /** Resolves if another gateway has taken the database. This one must stop then. */
  readonly lost: Promise<void>;
}

export interface ClaimOptions {
  /** Whether other gateways with a shared claim may use the database, too. Default: no. */
  isShared?: boolean;
  /** Milliseconds to wait for a gateway that is stopping. Default: 5,000. */
  waitMs?: number;
}

/** Names the lock among those of other programs: "swyd" in ASCII. PostgreSQL keeps it apart for each database. */
export const lockKey = 0x73_77_79_64;
/** Milliseconds between two tries. */
const retryMs = 200;

/**
 * Locks a database, so that only this gateway works on it. A second gateway would treat the live runs of this one as
 * abandoned, because run logs and rings are in the memory of one process. Gateways that Redis connects share the lock,
 * so that they and a lone gateway keep each other out. The server releases the lock when the
 * connection ends, also after a crash of the gateway. If the connection breaks, the gateway locks the database again as
 * soon as it can.
 *
 * @throws StartupError if another gateway holds the lock, or the server cannot be reached.
 */
export async function claimPostgres(
  options: PostgresOptions,
  log: Logger,
  { waitMs = 5_000, isShared = false }: ClaimOptions = {},
): Promise<Claim> {
  const closing = new AbortController();
  const lock = () => lockWithin(options, isShared, waitMs);
  let client = await lock();
  const lost = keep();

  async function keep(): Promise<void> {
    while (!closing.signal.aborted) {
      await broken(client);
      if (closing.signal.aborted) return;
      log.warn('the connection that locks the database has broken: locking the database again');
      const next = await lockAgain();
      if (next === undefined) return;
      client = next;
      log.info('locked the database again');
    }
  }

  async function lockAgain(): Promise<pg.Client | undefined> {
    while (!closing.signal.aborted) {
      try {
        return await lock();
      } catch (error) {
        if (error instanceof TakenError) return undefined;
      }
      await delay(retryMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
    return undefined;
  }

  return {
    lost: lost.then(() => (closing.signal.aborted ? new Promise<never>(() => undefined) : undefined)),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await client.end().catch(() => undefined);
      await lost;
    },
  };
}

class TakenError extends StartupError {}

const taken =
  'Another gateway is using the database at DATABASE_URL: stop that gateway first, or set another DATABASE_URL for this one. Several gateways share a database when all of them have the same REDIS_URL.';
const takenByOne =
  'A gateway without REDIS_URL is using the database at DATABASE_URL alone: stop that gateway first, and start it again with the same REDIS_URL as this one.';

/** Connects and takes the lock. Waits for a gateway that is stopping, or whose end the server has not noticed yet. */
async function lockWithin(options: PostgresOptions, isShared: boolean, waitMs: number): Promise<pg.Client> {
  const client = new pg.Client(connectionConfig(options));
  client.on('error', () => undefined);
  try {
    await client.connect();
    const deadline = performance.now() + waitMs;
    while (!(await tryLock(client, isShared))) {
      if (performance.now() >= deadline) throw new TakenError(isShared ? takenByOne : taken);
      await delay(retryMs);
    }
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    if (error instanceof StartupError) throw error;
    throw new StartupError(`The database at DATABASE_URL cannot be reached: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

async function tryLock(client: pg.Client, isShared: boolean): Promise<boolean> {
  const lock = isShared ? 'pg_try_advisory_lock_shared' : 'pg_try_advisory_lock';
  const { rows } = await client.query<{ locked: boolean }>(`SELECT ${lock}($1) AS locked`, [lockKey]);
  return rows[0]?.locked ?? false;
}

function broken(client: pg.Client): Promise<void> {
  return new Promise((resolve) => void client.once('end', () => resolve()));
}
