import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { readMigrations } from '../../../src/storage/migrations/migrations.ts';
import { migratePostgres } from '../../../src/storage/postgres/migrate-postgres.ts';
import { onServer, postgresServer, urlOfDatabase } from './postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The names of all databases of this run of the tests begin with this text. */
    postgresPrefix: string;
  }
}

/** Makes a migrated database that each gateway copies. Drops what the gateways of the tests have left. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const prefix = `switchyard_test_${randomBytes(6).toString('hex')}`;
  project.provide('postgresPrefix', prefix);
  await onServer(async (server) => {
    await server.query(`CREATE DATABASE "${prefix}"`);
  });
  const client = new pg.Client(urlOfDatabase(prefix));
  await client.connect();
  await migratePostgres(client, readMigrations('postgresql'), prefix);
  await client.end();
  return () => onServer((server) => dropAll(server, prefix));
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
  const { hostname, port } = new URL(postgresServer);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const settle = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}
