import { hasCode } from '../../base/caught-error.ts';

/** Whether a statement failed because the disk of the database is full. The transaction was rolled back. */
export function isDiskFull(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    // SHMSIZE: the -shm file cannot grow.
    // 53100 is PostgreSQL's code.
    if (hasCode(each, 'SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', '53100')) return true;
    // Prisma has no code of its own for a full disk, and quotes the code of SQLite.
    if (/`SQLITE_(?:FULL|IOERR_SHMSIZE)`|database or disk is full/.test(each.message)) return true;
  }
  return false;
}
