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

/**
 * Lets each transaction fail when it commits that stores a run with this status, as a broken disk does.
 *
 * @returns Ends that.
 */
export async function refuseCommits(name: string, status: string): Promise<() => Promise<void>> {
  const execute = (sql: string) =>
    onServer(async (server) => void (await server.query(sql)), urlOfDatabase(name));
  await execute(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the disk is broken' USING ERRCODE = 'io_error'; END $$`);
  await execute(`CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON "Run" DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW."status" = '${status}') EXECUTE FUNCTION refuse()`);
  return () => execute('DROP FUNCTION refuse CASCADE');
}
