import { stat } from 'node:fs/promises';
import type { Logger } from 'pino';

export interface WatchWalOptions {
  /** The path of the database file. */
  file: string;
  log: Logger;
  /** Milliseconds between two looks at the file. Default: 10,000. */
  everyMs?: number;
  /** Bytes of the write-ahead log from which on a warning is logged. Default: 128 MiB. */
  warnBytes?: number;
}

/**
 * Warns in the log when the write-ahead log (the `-wal` file) has grown large, and again each time it has doubled.
 * SQLite cannot shorten it while another program reads the database in a transaction that does not end, and then it
 * would fill the disk without a word. https://sqlite.org/wal.html#avoiding_excessively_large_wal_files
 */
export function watchWal({
  file,
  log,
  everyMs = 10_000,
  warnBytes = 134_217_728,
}: WatchWalOptions): Disposable {
  let nextBytes = warnBytes;
  const look = async () => {
    const { size } = await stat(`${file}-wal`);
    if (size < warnBytes) nextBytes = warnBytes;
    if (size < nextBytes) return;
    nextBytes = size * 2;
    log.warn(
      { walBytes: size },
      'the -wal file of the database keeps growing: end the program that keeps the database open for reading',
    );
  };
  // Without the file there is nothing to warn of.
  const timer = setInterval(() => void look().catch(() => undefined), everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
