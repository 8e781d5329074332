import { pino } from 'pino';
import { expect, test } from 'vitest';
import { openDatabaseLease } from '../../src/lease/database-lease.ts';
import { openDatabase } from '../../src/storage/open/open-database.ts';
import { renewLease } from '../../src/storage/statements/gateways.ts';
import { plainStatement } from '../../src/storage/statements/row-decoder.ts';
import { describeWithPostgres, openEmptyDatabase } from '../support/process/postgres.ts';

const log = pino({ level: 'silent' });
const commits = plainStatement<{ setting: string }>(
  `SELECT current_setting('synchronous_commit') AS "setting"`,
);

describeWithPostgres('the lease of a gateway', () => {
  test('is renewed without a wait for the disk of the server, which all else waits for', async () => {
    await using database = await openEmptyDatabase();
    await using opened = await openDatabase({ url: database.url, connections: 1, timeoutMs: 10_000 }, log);
    const { statements } = opened;
    const within = await statements.transaction(async (tx) => {
      await tx.get(renewLease, ['one', 10_000]);
      return await tx.get(commits, []);
    });
    expect(within).toEqual({ setting: 'off' });
    expect(await statements.get(commits, [])).toEqual({ setting: 'on' });
  });

  test('is seen by the others until it is given up', async () => {
    await using database = await openEmptyDatabase();
    await using opened = await openDatabase({ url: database.url, connections: 2, timeoutMs: 10_000 }, log);
    const { statements } = opened;
    const open = (gatewayId: string) => openDatabaseLease({ gatewayId, statements, leaseMs: 600, log });
    await using one = await open('one');
    {
      await using other = await open('other');
      expect([one.isHeld, other.isHeld, other.others]).toEqual([true, true, ['one']]);
      await expect.poll(() => [one.isSteady, one.others]).toEqual([true, ['other']]);
    }
    await expect.poll(() => one.others).toEqual([]);
  });
});
