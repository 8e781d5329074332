import pg from 'pg';
import type { Logger } from 'pino';
import { messageOf } from '../../base/caught-error.ts';
import { StartupError } from '../../config/startup-error.ts';
import { PrismaClient } from '../../generated/prisma-postgresql/client.ts';
import type { Database, OpenDatabase } from '../database.ts';
import { RecentFailure } from '../failure/watch-failures.ts';
import { readMigrations } from '../migrations/migrations.ts';
import { checkPostgres } from './check-postgres.ts';
import { migratePostgres } from './migrate-postgres.ts';
import { createPostgresAdapter } from './postgres-adapter.ts';
import { connectionConfig, createPool, type PostgresOptions } from './postgres-pool.ts';
import { openPostgresStatements } from './postgres-statements.ts';
import { refuseUnfinishedCopy } from './unfinished-copy.ts';

/**
 * Opens a database of PostgreSQL 14 or newer, and applies the missing migrations. The user of the URL must own the
 * database, so that it may create the tables and the extension `pg_trgm`.
 *
 * @throws StartupError if the server cannot be reached, refuses the user, or has a database that cannot be used.
 */
export async function openPostgres(options: PostgresOptions, log: Logger): Promise<OpenDatabase> {
  const applied = await prepare(options);
  if (applied.length > 0) log.info({ migrations: applied }, 'database migrated');
  const recent = new RecentFailure();
  const pool = createPool(options, (err) => log.warn({ err }, 'a connection to PostgreSQL has broken'));
  const prismaOptions = {
    adapter: createPostgresAdapter(pool, recent),
    log: [{ emit: 'event' as const, level: 'query' as const }],
    transactionOptions: { maxWait: options.timeoutMs, timeout: options.timeoutMs },
  };
  // The two clients differ only in their providers: see `derive-schema.ts`.
  const db = new PrismaClient<typeof prismaOptions>(prismaOptions) as unknown as Database;
  const statements = openPostgresStatements({ pool, recent });
  return {
    db,
    statements,
    check: () => checkPostgres({ statements, recent }),
    async [Symbol.asyncDispose]() {
      await db.$disconnect();
      if (!pool.ending) await pool.end();
    },
  };
}

/** Returns the names of the migrations that were applied. */
async function prepare(options: PostgresOptions): Promise<string[]> {
  const config = connectionConfig(options);
  // A migration of a large table takes long, and so does waiting for another gateway that applies it.
  const client = new pg.Client({ ...config, statement_timeout: 0, query_timeout: 0, lock_timeout: 0 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const applied = await migratePostgres(client, readMigrations('postgresql'), client.database ?? '');
    await refuseUnfinishedCopy(client);
    return applied;
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(`The database at DATABASE_URL cannot be used: ${messageOf(error)}.`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}
