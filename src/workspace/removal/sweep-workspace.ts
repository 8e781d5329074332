import { setImmediate as nextTurn } from 'node:timers/promises';
import { textList } from '../../storage/statements/dialect.ts';
import { workspaceState } from '../../storage/statements/workspace-files.ts';
import {
  contentsBefore,
  deleteContents,
  deletionBehind,
  forgetDeletions,
  notePruned,
  oldDeletions,
} from '../../storage/statements/workspace-removal.ts';
import type { Tree } from '../../sync/tree.ts';
import type { TreeCache } from '../tree/tree-cache.ts';
import { type RemovalOptions, releaseBlobs } from './remove-workspaces.ts';

export interface SweepOptions extends RemovalOptions {
  trees: TreeCache;
}

/** Contents that are looked at together. */
const contentsAtOnce = 5_000;
const dayMs = 86_400_000;
/** How long and how many deletions are remembered, for replicas that were away. */
const [keptDeletionsMs, keptDeletions] = [30 * dayMs, 100_000];

/**
 * Deletes the contents of a session that no file has, if they were stored before a time: a younger one may be about to be
 * used. A commit finds out that a content is gone, and asks for it again.
 */
export async function sweepContents(options: SweepOptions, sessionId: number, before: Date): Promise<void> {
  const { statements } = options;
  for (let after = ''; ; ) {
    const found = await statements.all(contentsBefore, [sessionId, after, before, contentsAtOnce]);
    const hashes = found.map(({ sha256 }) => sha256);
    if (hashes.length > 0) await deleteUnused(options, sessionId, hashes);
    const last = hashes.at(-1);
    if (last === undefined || hashes.length < contentsAtOnce) return;
    after = last;
    await nextTurn();
  }
}

async function deleteUnused(options: SweepOptions, sessionId: number, hashes: string[]): Promise<void> {
  const { statements, trees } = options;
  const known = await trees.find(sessionId);
  if (known === undefined || unusedOf(known.tree, hashes).length === 0) return;
  const blobs = await trees.edit(sessionId, async (edit) => {
    const done = await statements.transaction(async (tx) => {
      await tx.lockSession(sessionId);
      const state = await tx.get(workspaceState, [sessionId]);
      if (state === undefined) return undefined;
      // Look again, now that nobody can change a file.
      const unused = unusedOf(await edit.catchUp(tx, state), hashes);
      const deleted = await tx.all(deleteContents, [sessionId, textList(unused)]);
      return { revision: state.revision, blobs: deleted.map(({ blob }) => blob) };
    });
    if (done) edit.keep(done.revision);
    return done?.blobs ?? [];
  });
  await releaseBlobs(options, [...new Set(blobs)]);
}

function unusedOf(tree: Tree, hashes: readonly string[]): string[] {
  const unused = new Set(hashes);
  for (const { sha256 } of tree.placesOf(hashes)) unused.delete(sha256);
  return [...unused];
}

/** Forgets old deletions of a session. A replica that was away for longer compares all files. */
export async function pruneDeletions(
  { statements }: Pick<SweepOptions, 'statements'>,
  sessionId: number,
): Promise<void> {
  await statements.transaction(async (tx) => {
    await tx.lockSession(sessionId);
    const old = await tx.get(oldDeletions, [sessionId, new Date(Date.now() - keptDeletionsMs)]);
    const behind = await tx.get(deletionBehind, [sessionId, keptDeletions]);
    const revision = Math.max(old?.revision ?? 0, behind?.revision ?? 0);
    if (revision === 0) return;
    await tx.run(forgetDeletions, [sessionId, revision]);
    await tx.run(notePruned, [revision, sessionId]);
  });
}
