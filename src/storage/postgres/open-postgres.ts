import type { Logger } from 'pino';
import { PrismaClient } from '../../generated/prisma-postgresql/client.ts';
import type { Database, OpenDatabase } from '../database.ts';
import { checkDatabase } from '../failure/check-database.ts';
import { serverFailure } from '../failure/postgres-error.ts';
import { RecentFailure } from '../failure/watch-failures.ts';
import { withMigrated } from './connect-migrated.ts';
import { createPostgresAdapter } from './postgres-adapter.ts';
import { createPool, type PostgresOptions } from './postgres-pool.ts';
import { openPostgresStatements } from './postgres-statements.ts';
import { admitRestoredChanges } from './restored-changes.ts';
import { refuseUnfinishedCopy } from './unfinished-copy.ts';

/**
 * Opens a database of PostgreSQL 14 or newer, and applies the missing migrations. The user of the URL must own the
 * database, so that it may create the tables and the extension `pg_trgm`.
 *
 * @throws StartupError if the server cannot be reached, refuses the user, or has a database that cannot be used.
 */
export async function openPostgres(options: PostgresOptions, log: Logger): Promise<OpenDatabase> {
  const applied = await withMigrated(options, async (client, names) => {
    await refuseUnfinishedCopy(client);
    await admitRestoredChanges(client);
    return names;
  });
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
    check: () =>
      checkDatabase({
        ...{ statements, recent },
        reasonOf: (error) => serverFailure(error) ?? 'it refuses statements',
      }),
    async [Symbol.asyncDispose]() {
      await db.$disconnect();
      if (!pool.ending) await pool.end();
    },
  };
}
