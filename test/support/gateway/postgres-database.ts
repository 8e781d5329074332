import { createHash } from 'node:crypto';
import { inject } from 'vitest';
import { onServer, urlOfDatabase } from '../suite/postgres-server.ts';

/** Whether the gateways of this run of the tests use PostgreSQL. */
export const usesPostgres = process.env['TEST_DATABASE'] === 'postgresql';

/** A migrated database for the gateway with this data folder. A gateway that is started again there gets the same one. */
export async function openPostgresDatabase(dataDir: string): Promise<{ url: string; drop(): Promise<void> }> {
  const template = inject('postgresPrefix');
  const name = `${template}_${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`;
  await onServer(async (server) => {
    const { rowCount } = await server.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (!rowCount) await server.query(`CREATE DATABASE "${name}" TEMPLATE "${template}"`);
  });
  return {
    url: urlOfDatabase(name),
    drop: () =>
      onServer(async (server) => {
        await server.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
      }),
  };
}
