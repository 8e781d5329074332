import { randomBytes } from 'node:crypto';
import { describe } from 'vitest';
import { hasPostgres } from '../suite/postgres.ts';
import { onServer, urlOfDatabase } from '../suite/postgres-server.ts';

/** A `describe` for tests that need PostgreSQL. Without a server they are skipped; in CI they fail. */
export const describeWithPostgres = describe.skipIf(!process.env['CI'] && !(await hasPostgres()));

export interface EmptyDatabase extends AsyncDisposable {
  name: string;
  url: string;
}

/** Creates a database without tables. Disposing drops it. */
export async function openEmptyDatabase(): Promise<EmptyDatabase> {
  const name = `switchyard_test_${randomBytes(6).toString('hex')}`;
  await onServer(async (server) => {
    await server.query(`CREATE DATABASE "${name}"`);
  });
  return {
    name,
    url: urlOfDatabase(name),
    [Symbol.asyncDispose]: () =>
      onServer(async (server) => {
        await server.query(`DROP DATABASE "${name}" WITH (FORCE)`);
      }),
  };
}

/** Breaks the connections of gateways to a database, as a restart of the server does. */
export async function breakConnections(name: string): Promise<void> {
  await onServer(async (server) => {
    await server.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'switchyard'`,
      [name],
    );
  });
}
