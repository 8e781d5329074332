import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BlobStore } from '../../blobs/blob-store.ts';
import { idList, textList } from '../../storage/statements/dialect.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import {
  blobsInUse,
  deleteContentsOfBlobs,
  deletedWithFiles,
  deleteSomeFiles,
  someBlobs,
} from '../../storage/statements/workspace-removal.ts';

/** Rows that one transaction deletes. */
const rowsAtOnce = 500;

export interface RemovalOptions {
  statements: Statements;
  blobs: BlobStore;
}

/**
 * Deletes the files and contents of those of the sessions that were deleted, in short transactions. Their sessions must be
 * deleted from the database only after that.
 *
 * @param isClosing Whether to stop between two transactions: the next gateway goes on then.
 */
export async function removeWorkspaces(
  { statements, blobs }: RemovalOptions,
  sessionIds: readonly number[],
  isClosing: () => boolean,
): Promise<void> {
  // Most sessions have no files. To look at each one would take four times as long as all the rest of their removal.
  for (const { id } of await statements.all(deletedWithFiles, [idList(sessionIds)])) {
    for (;;) {
      const found = await statements.all(someBlobs, [id, rowsAtOnce]);
      const keys = [...new Set(found.map(({ blob }) => blob))];
      if (keys.length === 0) break;
      await statements.transaction((tx) => tx.run(deleteContentsOfBlobs, [id, textList(keys)]));
      for (const key of keys) await blobs.delete(key);
      if (isClosing()) return;
      await nextTurn();
    }
    let count = rowsAtOnce;
    while (count === rowsAtOnce && !isClosing()) {
      count = await statements.transaction((tx) => tx.run(deleteSomeFiles, [id, id, rowsAtOnce]));
      await nextTurn();
    }
  }
}

/** Deletes those of the blobs that have no contents any more. */
export async function releaseBlobs({ statements, blobs }: RemovalOptions, keys: readonly string[]) {
  const used = new Set(await findUsedBlobs({ statements }, keys));
  for (const key of keys) if (!used.has(key)) await blobs.delete(key);
}

export async function findUsedBlobs(
  { statements }: Pick<RemovalOptions, 'statements'>,
  keys: readonly string[],
): Promise<string[]> {
  return (await statements.all(blobsInUse, [textList(keys)])).map(({ blob }) => blob);
}
