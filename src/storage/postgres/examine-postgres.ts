import pg from 'pg';
import { messageOf } from '../../base/caught-error.ts';
import { StartupError } from '../../config/startup-error.ts';
import { readMigrations } from '../migrations/migrations.ts';
import { pendingPostgresMigrations } from './migrate-postgres.ts';
import { connectionConfig, type PostgresOptions } from './postgres-pool.ts';

/** The oldest version of the server that the statements run on, as `server_version_num`. */
const oldestVersion = 140_000;

/** See `examineDatabase`. */
export async function examinePostgres(
  options: PostgresOptions,
): Promise<{ exists: boolean; pending: string[] }> {
  const client = new pg.Client(connectionConfig(options));
  // Without a listener, a connection that breaks between two statements would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await checkServer(client);
    const migrations = readMigrations('postgresql');
    const pending = await pendingPostgresMigrations(client, migrations, client.database ?? '');
    return { exists: pending.length < migrations.length, pending: pending.map(({ name }) => name) };
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(`The database at DATABASE_URL cannot be used: ${messageOf(error)}.`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

interface ServerRow {
  version: number;
  mayCreate: boolean;
  hasTrigrams: boolean;
}

async function checkServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<ServerRow>(
    `SELECT current_setting('server_version_num')::int AS "version",
      has_schema_privilege(current_schema(), 'CREATE') AS "mayCreate",
      EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm') AS "hasTrigrams"`,
  );
  const [server] = rows;
  if (server === undefined) return;
  if (server.version < oldestVersion) {
    const version = Math.floor(server.version / 10_000);
    throw new StartupError(`The server at DATABASE_URL is PostgreSQL ${version}: use version 14 or newer.`);
  }
  if (!server.mayCreate) {
    throw new StartupError(
      'The user of DATABASE_URL may not create tables: make it the owner of the database.',
    );
  }
  if (!server.hasTrigrams) {
    throw new StartupError(
      'The server at DATABASE_URL lacks the extension pg_trgm: install postgresql-contrib.',
    );
  }
}
