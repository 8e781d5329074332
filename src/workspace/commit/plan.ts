import type { GatewayError } from '../../errors.ts';
import type { ChangeOutcome, FileChange } from '../../sync/change.ts';
import { type Entry, versionOf } from '../../sync/entry.ts';
import { folderOf } from '../../sync/path.ts';
import type { Tree } from '../../sync/tree.ts';
import { isBlocked } from './is-blocked.ts';
import { keptPathOf } from './kept-path.ts';

/** `FileChange`, or one that is made whatever the workspace has: then `base` is undefined. */
export type PlannedChange = Omit<FileChange, 'base'> & { base: string | null | undefined };

/** `refused` says why as an error, too. */
export type Outcome =
  | Exclude<ChangeOutcome, { outcome: 'refused' }>
  | (Extract<ChangeOutcome, { outcome: 'refused' }> & { error: GatewayError });

/** An outcome as the replica gets it. */
export function shownOutcome(outcome: Outcome): ChangeOutcome {
  if (outcome.outcome !== 'refused') return outcome;
  const { error: _, ...shown } = outcome;
  return shown;
}

/** Why a file cannot be stored. */
export type Refusal = { missing: string[] } | { error: GatewayError; isFull: boolean };

/** What a path gets. Null: it is deleted. */
interface StoredVersion {
  entry: Entry | null;
  nodeId: string | null;
}

export interface NewConflict {
  path: string;
  keptPath: string;
  nodeId: string | null;
}

export interface PlanOptions {
  tree: Tree;
  /** The node that makes the changes; null for a client or the gateway's folder. */
  nodeId: string | null;
  /** Whether its version wins where two sides have changed a file. */
  hasTruth: boolean;
  at: Date;
  /** The node that a present file comes from. */
  writerOf(path: string): string | null;
  /** The versions that have been kept of a path. */
  keptOf(path: string): readonly string[];
  /** Checks whether there is room for a file in place of another one, and its content is there. */
  check(entry: Entry, replaced: Entry | undefined): Refusal | undefined;
}

/** Decides what becomes of changes, one after the other. It makes them in the tree at once. */
export class Plan {
  readonly stored = new Map<string, StoredVersion>();
  readonly conflicts: NewConflict[] = [];
  readonly #options: PlanOptions;

  constructor(options: PlanOptions) {
    this.#options = options;
  }

  /** The outcomes are in the order of the changes. Deletions come first, so that a file may follow a folder. */
  decideAll(changes: readonly PlannedChange[]): Outcome[] {
    const outcomes = new Map<PlannedChange, Outcome>();
    const isDeletion = (change: PlannedChange) => change.entry === null;
    for (const change of changes.filter(isDeletion)) outcomes.set(change, this.#delete(change));
    for (const change of changes) {
      if (change.entry !== null) outcomes.set(change, this.#store(change, change.entry));
    }
    return changes.map((change) => outcomes.get(change) as Outcome);
  }

  #delete({ path, base }: PlannedChange): Outcome {
    const present = this.#options.tree.get(path);
    if (present === undefined) return { path, outcome: 'stored' };
    // Somebody else has changed it, and a change is worth more than a deletion.
    if (base !== undefined && base !== versionOf(present)) {
      return { path, outcome: 'superseded', keptPath: null };
    }
    this.#put(path, null, this.#options.nodeId);
    return { path, outcome: 'stored' };
  }

  #store({ path, base }: PlannedChange, entry: Entry): Outcome {
    const { tree, nodeId, hasTruth } = this.#options;
    const present = tree.get(path);
    if (present && versionOf(present) === versionOf(entry)) return { path, outcome: 'stored' };
    const isFree = present === undefined || base === undefined || base === versionOf(present);
    const isTaken = present === undefined && isBlocked(tree, path);
    if (!isTaken && (isFree || hasTruth)) {
      const refusal = this.#refusal(path, entry, isFree ? present : undefined);
      if (refusal) return refusal;
      if (!isFree) this.#keep(path, present, this.#options.writerOf(path));
      this.#put(path, entry, nodeId);
      return { path, outcome: 'stored' };
    }
    const known = this.#keptAlready(path, entry);
    if (known !== undefined) return { path, outcome: 'superseded', keptPath: known };
    const refusal = this.#refusal(path, entry, undefined);
    if (refusal) return refusal;
    return { path, outcome: 'superseded', keptPath: this.#keep(path, entry, nodeId) };
  }

  #refusal(path: string, entry: Entry, replaced: Entry | undefined): Outcome | undefined {
    const refusal = this.#options.check(entry, replaced);
    if (refusal === undefined) return undefined;
    if ('missing' in refusal) return { path, outcome: 'missing', chunks: refusal.missing };
    const { error, isFull } = refusal;
    return { path, outcome: 'refused', reason: error.message, isFull, error };
  }

  /** Keeps a version beside a path. Returns where. */
  #keep(path: string, version: Entry, of: string | null): string {
    const { tree, at } = this.#options;
    const isTaken = (other: string) => tree.get(other) !== undefined || isBlocked(tree, other);
    const keptPath = keptPathOf(this.#freePart(path), { of, at }, isTaken);
    this.#put(keptPath, { ...version, path: keptPath }, of);
    this.conflicts.push({ path, keptPath, nodeId: of });
    return keptPath;
  }

  /** A replica that did not hear of the outcome sends a change again. */
  #keptAlready(path: string, entry: Entry): string | undefined {
    const { tree, keptOf } = this.#options;
    const here = this.conflicts.filter((conflict) => conflict.path === path).map(({ keptPath }) => keptPath);
    return [...keptOf(path), ...here].find((kept) => {
      const version = tree.get(kept);
      return version !== undefined && versionOf(version) === versionOf(entry);
    });
  }

  /** The path without the folders that are files: a version is kept beside the first of them. */
  #freePart(path: string): string {
    const { tree } = this.#options;
    let free = path;
    for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder)) {
      if (tree.get(folder) !== undefined) free = beside(folder, path);
    }
    return free;
  }

  #put(path: string, entry: Entry | null, nodeId: string | null): void {
    const { tree } = this.#options;
    if (entry === null) tree.delete(path);
    else tree.set(entry);
    this.stored.set(path, { entry, nodeId });
  }
}

/** A path whose file lies beside `folder`, which is a file: `a/b/c.txt` beside `a` is `a-b-c.txt`. */
function beside(folder: string, path: string): string {
  const top = folderOf(folder);
  const rest = top === '' ? path : path.slice(top.length + 1);
  const name = rest.replaceAll('/', '-');
  return top === '' ? name : `${top}/${name}`;
}
