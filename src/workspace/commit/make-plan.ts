import { groupBy } from '../../base/group-by.ts';
import { textList } from '../../storage/statements/dialect.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import {
  conflictsOfSession,
  type WorkspaceState,
  writersOfFiles,
} from '../../storage/statements/workspace-files.ts';
import { versionOf } from '../../sync/entry.ts';
import type { Tree } from '../../sync/tree.ts';
import { type CheckOptions, checkEntry } from './check-entry.ts';
import { isBlocked } from './is-blocked.ts';
import { Plan, type PlannedChange } from './plan.ts';
import { hasTruth, nodeOf, type Writer } from './writer.ts';

export interface MakePlanOptions extends CheckOptions {
  state: WorkspaceState;
  writer: Writer;
}

/** Reads what the changes need to be decided. Where nobody else has changed the same paths, that is nothing. */
export async function makePlan(
  tx: Reader,
  changes: readonly PlannedChange[],
  options: MakePlanOptions,
): Promise<Plan> {
  const { state, writer, tree } = options;
  const { sessionId } = state;
  const contested = changes.filter((change) => isContested(change, tree)).map(({ path }) => path);
  const isAny = contested.length > 0;
  const conflicts = isAny ? await tx.all(conflictsOfSession, [sessionId]) : [];
  const writers = isAny ? await tx.all(writersOfFiles, [sessionId, textList(contested)]) : [];
  const nodes = new Map(writers.map(({ path, nodeId }) => [path, nodeId]));
  const kept = groupBy(conflicts, ({ path }) => path);
  return new Plan({
    tree,
    nodeId: nodeOf(writer),
    hasTruth: hasTruth(writer, state),
    at: new Date(),
    writerOf: (path) => nodes.get(path) ?? null,
    keptOf: (path) => (kept.get(path) ?? []).map(({ keptPath }) => keptPath),
    check: (entry, replaced) => checkEntry(entry, replaced, options),
  });
}

/** Whether somebody else may have changed what the change is about. */
function isContested({ path, base, entry }: PlannedChange, tree: Tree): boolean {
  const present = tree.get(path);
  if (entry === null) return false;
  if (present === undefined) return isBlocked(tree, path);
  return base !== undefined && base !== versionOf(present);
}
