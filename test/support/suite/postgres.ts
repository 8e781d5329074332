import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { readMigrations } from '../../../src/storage/migrations/migrations.ts';
import { migratePostgres } from '../../../src/storage/postgres/migrate-postgres.ts';
import { canConnect } from '../http/can-connect.ts';
import { onServer, postgresServer, urlOfDatabase } from './postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The names of all databases of this run of the tests begin with this text. */
    postgresPrefix: string;
    /** Statements that make a used database of a gateway like a new one: no rows, and ids that begin at 1. */
    postgresReset: string;
  }
}

/** Makes a migrated database that the tests copy. Drops all copies at the end. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const prefix = `switchyard_test_${randomBytes(6).toString('hex')}`;
  project.provide('postgresPrefix', prefix);
  await onServer(async (server) => {
    await server.query(`CREATE DATABASE "${prefix}"`);
  });
  const client = new pg.Client(urlOfDatabase(prefix));
  await client.connect();
  await migratePostgres(client, readMigrations('postgresql'), prefix);
  project.provide('postgresReset', await resetOf(client));
  await client.end();
  return () => onServer((server) => dropAll(server, prefix));
}

/** Deletes row by row, because TRUNCATE makes new files of all tables and waits until they are on the disk. */
async function resetOf(client: pg.Client): Promise<string> {
  const tables = await client.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'`,
  );
  const sequences = await client.query<{ name: string }>(
    `SELECT sequencename AS name FROM pg_sequences WHERE schemaname = 'public'`,
  );
  return [
    // Without the checks of foreign keys, the order of the tables does not matter.
    'SET session_replication_role = replica',
    ...tables.rows.map(({ name }) => `DELETE FROM "${name}"`),
    ...sequences.rows.map(({ name }) => `SELECT setval('"${name}"', 1, false)`),
  ].join(';');
}

async function dropAll(server: pg.Client, prefix: string): Promise<void> {
  const { rows } = await server.query<{ datname: string }>(
    'SELECT datname FROM pg_database WHERE datname LIKE $1',
    [`${prefix}%`],
  );
  for (const { datname } of rows) await server.query(`DROP DATABASE "${datname}" WITH (FORCE)`);
}

/** Whether a server answers, so that tests over PostgreSQL can run. */
export function hasPostgres(): Promise<boolean> {
  return canConnect(postgresServer);
}
