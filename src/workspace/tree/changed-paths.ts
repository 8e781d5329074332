import type { Reader } from '../../storage/statements/statement.ts';
import { readFilesAfter } from '../../storage/statements/workspace-files.ts';
import type { ChangedPath } from '../../sync/remote.ts';
import { entryOf } from '../model/entry-row.ts';

/** Rows read at once. */
const pageSize = 1_000;

/**
 * What has changed after a revision, in the order of revisions. What changes meanwhile may be in it, too.
 *
 * @param after 0: everything that there is, without deletions.
 */
export async function* changedPaths(
  reader: Reader,
  sessionId: number,
  after: number,
): AsyncGenerator<ChangedPath> {
  let revision = after + 1;
  let path = '';
  for (;;) {
    const rows = await readFilesAfter(reader, sessionId, { revision, path }, pageSize);
    for (const row of rows) {
      const entry = entryOf(row);
      if (entry !== null || after > 0) yield { path: row.path, revision: row.revision, entry };
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    ({ revision, path } = last);
  }
}
