import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import { hasCode } from '../../base/caught-error.ts';
import type { BlobStore } from '../../blobs/blob-store.ts';
import { BlobStoreFullError } from '../../blobs/blob-store.ts';
import { openBlobStore } from '../../blobs/open-blob-store.ts';
import type { Config } from '../../config/config.ts';
import { isPostgresUrl } from '../../config/database-url.ts';
import { StartupError } from '../../config/startup-error.ts';
import { createLog } from '../../log.ts';
import type { OpenDatabase } from '../../storage/database.ts';
import { isDiskFull } from '../../storage/failure/disk-full.ts';
import { openDatabase } from '../../storage/open/open-database.ts';
import { readSharedSecret } from '../../storage/shared-secret.ts';
import { databaseFile } from '../../storage/sqlite/database-file.ts';

/** What the settings name, as an export or import uses it. A gateway may be running. */
export interface Installation extends OpenDatabase {
  config: Config;
  /** Silent. */
  log: Logger;
  /** Recordings and attachments. */
  blobs: BlobStore;
  /** Names the database among all others. */
  name: string;
}

/** @throws StartupError if the database or the blobs cannot be used, or if `needsData` and there is no database yet. */
export async function openInstallation(config: Config, { needsData = false } = {}): Promise<Installation> {
  const { url } = config.database;
  if (needsData && !isPostgresUrl(url) && !existsSync(databaseFile(url))) {
    throw new StartupError(`There is no database ${databaseFile(url)} to export.`);
  }
  const log = createLog({ ...config.log, level: 'silent' });
  const opened = await openDatabase(config.database, log);
  try {
    const blobs = await openBlobStore(config.blobs);
    const key = await readSharedSecret(opened.db, 'installation');
    return {
      ...{ config, log, blobs, db: opened.db, statements: opened.statements, check: () => opened.check() },
      name: Buffer.from(key.subarray(0, 16)).toString('hex'),
      async [Symbol.asyncDispose]() {
        await blobs[Symbol.asyncDispose]();
        await opened[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

/** Does the work of a command that can be repeated, and says so where a disk is full. */
export async function untilFull<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isFull =
      error instanceof BlobStoreFullError || isDiskFull(error) || hasCode(error, 'ENOSPC', 'EDQUOT');
    if (!isFull) throw error;
    throw new StartupError(
      'The disk is full. Make room and run the same command again: it goes on where it was.',
      { cause: error },
    );
  }
}
