import type { NewChange } from '../../changes/change.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { ChangeOwner } from '../../storage/statements/changes.ts';
import { textList } from '../../storage/statements/dialect.ts';
import type { Writer as Transaction } from '../../storage/statements/statement.ts';
import {
  endConflicts,
  growSession,
  storeConflicts,
  storeFiles,
  storeRevision,
  type WorkspaceState,
} from '../../storage/statements/workspace-files.ts';
import { nodesLeftBehind } from '../../storage/statements/workspace-nodes.ts';
import { sizeOf } from '../../sync/entry.ts';
import type { Tree } from '../../sync/tree.ts';
import { rowOf } from '../model/entry-row.ts';
import type { ToldChanges } from '../status/told-changes.ts';
import type { Plan } from './plan.ts';

export interface StorePlanOptions {
  state: WorkspaceState;
  /** What the workspace has with the plan. */
  tree: Tree;
  changes: ChangeLog;
  told: ToldChanges;
}

export interface StoredPlan {
  revision: number;
  /** How many bytes the workspace has grown by. */
  bytes: number;
  /** How many bytes the stored files have. */
  storedBytes: number;
  /** Who is to be told when the transaction is committed. */
  owners: ChangeOwner[];
}

/** Stores what a plan has decided. */
export async function storePlan(
  tx: Transaction,
  plan: Plan,
  { state, tree, changes, told }: StorePlanOptions,
): Promise<StoredPlan> {
  const { sessionId } = state;
  const revision = state.revision + 1;
  const bytes = tree.bytes - state.totalBytes;
  const storedBytes = [...plan.stored.values()].reduce((sum, { entry }) => sum + sizeOf(entry), 0);
  const rows = Array.from(plan.stored, ([path, { entry, nodeId }]) => rowOf(path, entry, nodeId));
  await tx.run(storeFiles, [sessionId, revision, JSON.stringify(rows)]);
  await tx.run(storeRevision, [revision, tree.size, tree.bytes, sessionId]);
  if (bytes !== 0) await tx.run(growSession, [bytes, sessionId]);
  if (plan.conflicts.length > 0) {
    await tx.run(storeConflicts, [sessionId, new Date(), JSON.stringify(plan.conflicts)]);
  }
  const gone = [...plan.stored].flatMap(([path, { entry }]) => (entry === null ? [path] : []));
  if (gone.length > 0) await tx.run(endConflicts, [sessionId, textList(gone)]);
  const behind = await tx.all(nodesLeftBehind, [sessionId]);
  const owners = await changes.write(
    tx,
    told.now([
      { kind: 'WorkspaceChanged', sessionId },
      ...behind.map((node): NewChange => ({ kind: 'SessionNodeChanged', sessionId, ...node })),
    ]),
  );
  return { revision, bytes, storedBytes, owners };
}
