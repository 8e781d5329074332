import { randomUUID } from 'node:crypto';
import { mkdir, open, opendir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode, messageOf } from '../base/caught-error.ts';
import { StartupError } from '../config/startup-error.ts';
import { checkBlobKey, isBlobKey } from './blob-key.ts';
import { BlobNotFoundError, type BlobStore, BlobStoreFullError, type StagedBlob } from './blob-store.ts';
import { untilAborted } from './until-aborted.ts';
import { type Written, writeNew } from './write-new.ts';

/** Bytes per read. Smaller reads would cost more time per byte. */
const readBytes = 262_144;

/**
 * Stores blobs as files `ab/abcdef…` in a folder that nothing else may use, and staged bytes as `staged/<uuid>`.
 *
 * @throws StartupError when the folder cannot be written.
 */
export async function openDiskBlobStore(folder: string): Promise<BlobStore> {
  const staging = join(folder, 'staged');
  try {
    await mkdir(staging, { recursive: true, mode: 0o700 });
    const probe = join(staging, randomUUID());
    await (await open(probe, 'wx', 0o600)).close();
    await rm(probe);
  } catch (error) {
    const message = `The folder for blobs ${folder} cannot be used: ${messageOf(error)}.`;
    throw new StartupError(message, { cause: error });
  }

  const fileOf = (key: string): string => {
    checkBlobKey(key);
    return join(folder, key.slice(0, 2), key);
  };

  return {
    async stage(source, signal) {
      const path = join(staging, randomUUID());
      const written = await removeOnFailure(path, () => writeNew(path, untilAborted(source, signal)));
      return stagedBlob(path, fileOf(written.sha256), written);
    },
    async open(key, { start, end } = { start: 0, end: Number.POSITIVE_INFINITY }) {
      const file = await open(fileOf(key)).catch((error: unknown) => {
        throw hasCode(error, 'ENOENT') ? new BlobNotFoundError(`There is no blob ${key}.`) : error;
      });
      return file.createReadStream({ start, end, highWaterMark: readBytes });
    },
    async size(key) {
      return isBlobKey(key) ? ((await statFile(fileOf(key)))?.size ?? null) : null;
    },
    async delete(key) {
      if (isBlobKey(key)) await rm(fileOf(key), { force: true });
    },
    async refresh(key) {
      const now = new Date();
      await utimes(fileOf(key), now, now).catch((error: unknown) => {
        if (!hasCode(error, 'ENOENT')) throw error;
      });
    },
    async *list() {
      for await (const shard of await opendir(folder)) {
        if (!/^[0-9a-f]{2}$/.test(shard.name)) continue;
        for await (const { name } of await opendir(join(folder, shard.name))) {
          const found = isBlobKey(name) ? await statFile(fileOf(name)) : undefined;
          if (found) yield { key: name, modifiedAt: found.mtime };
        }
      }
    },
    async sweepStaged(before) {
      for await (const { name } of await opendir(staging)) {
        const path = join(staging, name);
        const found = await statIfThere(path);
        if (found && found.mtime < before) await rm(path, { force: true });
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

function stagedBlob(staged: string, path: string, { sha256, size }: Written): StagedBlob {
  return {
    sha256,
    size,
    commit: () =>
      removeOnFailure(staged, async () => {
        const shard = dirname(path);
        const created = await mkdir(shard, { recursive: true, mode: 0o700 });
        await rename(staged, path);
        await syncFolder(shard);
        if (created !== undefined) await syncFolder(dirname(shard));
      }),
    discard: () => rm(staged, { force: true }),
  };
}

/** Runs `work` on a staged file, and removes the file if `work` fails. */
async function removeOnFailure<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await rm(path, { force: true });
    throw hasCode(error, 'ENOSPC', 'EDQUOT')
      ? new BlobStoreFullError('The disk is full.', { cause: error })
      : error;
  }
}

/** Makes files that were created or renamed in a folder survive a power cut. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path);
  await folder.sync();
}

/** Undefined also for what is no file: a pipe or a device would never be read to its end. */
async function statFile(path: string) {
  const found = await statIfThere(path);
  return found?.isFile() ? found : undefined;
}

async function statIfThere(path: string) {
  return await stat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
}
