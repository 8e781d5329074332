import type { Services } from '../../../src/context.ts';
import { plainStatement } from '../../../src/storage/statements/row-decoder.ts';

type Storage = Pick<Services, 'database' | 'statements'>;

/** Lets SQLite fail as on a full disk: the database file may not grow by another page. */
export async function fillDisk(storage: Storage): Promise<void> {
  // SQLite takes the present number of pages for a lower one.
  await limitPages(storage, 1);
}

export async function makeRoom(storage: Storage): Promise<void> {
  await limitPages(storage, 1_073_741_823);
}

/** Each connection that writes has a limit of its own. */
async function limitPages({ database, statements }: Storage, pages: number): Promise<void> {
  const limit = `PRAGMA max_page_count = ${pages}`;
  await database.$queryRawUnsafe(limit);
  await statements.transaction((tx) => tx.get(plainStatement(limit), []));
}
