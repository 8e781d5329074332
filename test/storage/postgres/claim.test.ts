import pg from 'pg';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { claimPostgres, lockKey } from '../../../src/storage/postgres/claim-postgres.ts';
import { createCapturedLog } from '../../support/gateway/captured-log.ts';
import { breakConnections, describeWithPostgres, openEmptyDatabase } from '../../support/process/postgres.ts';

describeWithPostgres('the claim on a database', () => {
  const optionsOf = ({ url }: { url: string }) => ({ url, connections: 2, timeoutMs: 5_000 });

  test('a second gateway is refused, and may start when the first has stopped', async () => {
    await using database = await openEmptyDatabase();
    const log = pino({ level: 'silent' });
    const first = await claimPostgres(optionsOf(database), log);
    const second = claimPostgres(optionsOf(database), log, { waitMs: 0 });
    await expect(second).rejects.toThrow('Another gateway is using the database at DATABASE_URL');
    await first[Symbol.asyncDispose]();
    await using _third = await claimPostgres(optionsOf(database), log, { waitMs: 0 });
  });

  test('gateways that share the database keep out one that wants it alone, and the other way round', async () => {
    await using database = await openEmptyDatabase();
    const log = pino({ level: 'silent' });
    const claim = (isShared: boolean) => claimPostgres(optionsOf(database), log, { waitMs: 0, isShared });
    const first = await claim(true);
    const second = await claim(true);
    await expect(claim(false)).rejects.toThrow('Several gateways share a database when all of them have');
    await first[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
    await using _alone = await claim(false);
    await expect(claim(true)).rejects.toThrow('A gateway without REDIS_URL is using the database');
  });

  test('a gateway whose connection broke locks the database again, and is told if another gateway was faster', async () => {
    await using database = await openEmptyDatabase();
    const { destination, logged } = createCapturedLog();
    await using claim = await claimPostgres(optionsOf(database), pino({}, destination), { waitMs: 0 });
    await breakConnections(database.name);
    await logged('locked the database again');

    const other = new pg.Client(database.url);
    await other.connect();
    // The server gives the lock to the one that waits for it, as soon as the connection of the claim breaks.
    const taken = other.query('SELECT pg_advisory_lock($1)', [lockKey]);
    await breakConnections(database.name);
    await taken;
    await claim.lost;
    await other.end();
  });
});
