import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { lockKey } from '../../../src/storage/postgres/claim-postgres.ts';
import { onServer, urlOfDatabase } from '../suite/postgres-server.ts';

/** Whether the gateways of this run of the tests use PostgreSQL. */
export const usesPostgres = process.env['TEST_DATABASE'] === 'postgresql';

interface TestDatabase {
  url: string;
  /** The data folder of the gateway that uses the database, or used it last. */
  dataDir: string;
  /** How many gateways use it now. */
  users: number;
  /** Resolves when the database is there and empty. */
  ready: Promise<void>;
}

/** All databases of this process, which runs many files of tests. PostgreSQL needs 100 ms to create one, 3 to empty it. */
const databases: TestDatabase[] = [];

/**
 * A migrated database for the gateway with this data folder: a new one, or an emptied one whose gateway has stopped and
 * whose data folder is gone. A gateway that is started again in its data folder gets the database that it had.
 *
 * @returns Where the database is, and what to call when the gateway has stopped.
 */
export async function openPostgresDatabase(folder: string): Promise<{ url: string; release(): void }> {
  const dataDir = resolve(folder);
  const database =
    databases.find((known) => known.dataDir === dataDir) ?? reuseDatabase(dataDir) ?? addDatabase(dataDir);
  database.users += 1;
  await database.ready;
  return {
    url: database.url,
    release() {
      database.users -= 1;
    },
  };
}

function reuseDatabase(dataDir: string): TestDatabase | undefined {
  const left = databases.find((known) => known.users === 0 && !existsSync(known.dataDir));
  if (left === undefined) return undefined;
  return Object.assign(left, { dataDir, ready: empty(left.url) });
}

function addDatabase(dataDir: string): TestDatabase {
  const template = inject('postgresPrefix');
  const name = `${template}_${process.pid}_${databases.length}`;
  const ready = onServer(async (server) => {
    await server.query(`CREATE DATABASE "${name}" TEMPLATE "${template}"`);
    // A commit of a test need not survive a crash of the server, so it does not wait for the disk.
    await server.query(`ALTER DATABASE "${name}" SET synchronous_commit = off`);
  });
  const database = { url: urlOfDatabase(name), dataDir, users: 0, ready };
  databases.push(database);
  return database;
}

async function empty(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    // The server notices a moment later that the gateway before has disconnected. Until then that one holds the lock.
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
    await client.query(inject('postgresReset'));
  } finally {
    await client.end();
  }
}
