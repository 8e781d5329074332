import type { Command } from 'commander';
import { ownEnvironment, readConfig } from '../config/config.ts';
import { isPostgresUrl } from '../config/database-url.ts';
import { StartupError } from '../config/startup-error.ts';
import { printReport } from './report.ts';

interface MigrateFlags {
  from: string;
  to: string;
}

/** Adds `switchyard migrate-data`, which moves an embedded installation to PostgreSQL. No gateway may run meanwhile. */
export function addMigrateDataCommand(program: Command): void {
  program
    .command('migrate-data')
    .description(
      'copy all data from an SQLite file to an empty PostgreSQL database; goes on where it was broken off',
    )
    .requiredOption('--from <url>', 'the SQLite file: file:data/switchyard.db')
    .requiredOption('--to <url>', 'the database: postgresql://user:password@host:5432/switchyard')
    .action(async ({ from, to }: MigrateFlags) => {
      if (!from.startsWith('file:'))
        throw new StartupError('--from: expected a file: URL (file:data/switchyard.db).');
      if (!isPostgresUrl(to)) throw new StartupError('--to: expected a postgresql: URL.');
      const [{ createLog }, { migrateData }] = await Promise.all([
        import('../log.ts'),
        import('../storage/migrate-data/migrate-data.ts'),
      ]);
      // Checks the URL as the gateway does, and takes the time limit of the settings.
      const config = readConfig({ ...ownEnvironment(), DATABASE_URL: to });
      const log = createLog({ ...config.log, level: 'silent' });
      const print = (note: string) => printReport({ note });
      const rows = await migrateData({ from, to: config.database, print, log });
      printReport({
        note: `${rows} rows were copied and compared. Start the gateway with the DATABASE_URL of --to, and with the same DATA_DIR or BLOB_URL, where the recordings stay.`,
      });
    });
}
