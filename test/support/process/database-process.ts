/**
 * A script for the storage tests. `open <url>` opens a database, reports the migrations that it applied, and ends.
 * `claim <folder>` claims a data folder and keeps it until the parent disconnects.
 */
import { pino } from 'pino';
import { claimDataDir } from '../../../src/storage/claim-data-dir.ts';
import { openDatabase } from '../../../src/storage/open-database.ts';

const [, , action, target = ''] = process.argv;

if (action === 'claim') {
  await claimDataDir(target);
  process.send?.('claimed');
  process.once('disconnect', () => process.exit());
} else {
  const applied: string[] = [];
  const log = pino(
    { level: 'info' },
    { write: (line: string) => void applied.push(...JSON.parse(line).migrations) },
  );
  await using database = await openDatabase({ url: target, log });
  await database.db.session.create({ data: { userId: 'alice' } });
  process.send?.(applied);
  process.disconnect();
}
