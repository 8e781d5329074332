import type { Command } from 'commander';
import { printReport } from '../report.ts';

/** Adds `switchyard backup` and `switchyard restore`. A gateway may run during a backup, and not during a restore. */
export function addBackupCommands(program: Command): void {
  program
    .command('backup')
    .description('copy the database and all stored files to a folder; a gateway may be running')
    .argument('<folder>', 'a new folder, or that of an earlier backup, to which only what is new is copied')
    .action(async (folder: string) => {
      const { makeBackup } = await import('./make-backup.ts');
      printReport({ note: await makeBackup(folder) });
    });
  program
    .command('restore')
    .description('check a backup, and put it into an empty DATA_DIR and BLOB_URL; no gateway may be running')
    .argument('<folder>', 'the folder of the backup')
    .action(async (folder: string) => {
      const { restoreBackup } = await import('./restore-backup.ts');
      printReport({ note: await restoreBackup(folder) });
    });
}
