import { createKeyedLock } from '../../base/lock.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import {
  readFilesAfter,
  type WorkspaceState,
  workspaceState,
} from '../../storage/statements/workspace-files.ts';
import { Tree } from '../../sync/tree.ts';
import { entryOf } from '../model/entry-row.ts';

/** A workspace as it was at a revision. Use it in the turn in which you get it: later ones may change it. */
export interface KnownTree {
  readonly tree: Tree;
  readonly revision: number;
  /** All paths, sorted by UTF-16. */
  paths(): readonly string[];
}

/** Rows read at once. */
const pageSize = 2_000;

class Known implements KnownTree {
  tree = new Tree();
  /** -1 while a commit changes the tree. */
  revision = 0;
  #sorted: { revision: number; paths: string[] } | undefined;

  paths(): readonly string[] {
    if (this.#sorted?.revision !== this.revision) {
      const paths = [...this.tree.paths()].sort();
      this.#sorted = { revision: this.revision, paths };
    }
    return this.#sorted.paths;
  }
}

/** What a commit does to a tree before it is certain that it will be stored. */
export interface TreeEdit {
  /** The workspace before the transaction; undefined if the session has none, or was deleted. */
  readonly state: WorkspaceState | undefined;
  /** What the workspace had before the transaction. */
  readonly before: Tree;
  /** Reads what has changed up to a state, in the transaction that has locked the session. Returns the tree. */
  catchUp(reader: Reader, state: WorkspaceState): Promise<Tree>;
  /** The tree is what the workspace has at this revision: call it when the transaction was committed. */
  keep(revision: number): void;
}

/** The trees of the workspaces that were used last, brought up to date by their revision. */
export class TreeCache {
  readonly #reader: Reader;
  readonly #maxEntries: number;
  /** The least recently used first. */
  readonly #known = new Map<number, Known>();
  readonly #lock = createKeyedLock<number>();

  /** @param maxEntries How many files and links are remembered in all. The newest tree always is. */
  constructor(reader: Reader, maxEntries: number) {
    this.#reader = reader;
    this.#maxEntries = maxEntries;
  }

  /** The present tree of a workspace. Undefined if the session has none. */
  async find(sessionId: number): Promise<KnownTree | undefined> {
    const state = await this.#reader.get(workspaceState, [sessionId]);
    if (state === undefined) return undefined;
    const known = this.#use(sessionId);
    if (known.revision === state.revision) return known;
    return this.#lock(sessionId, async () => {
      const waited = this.#use(sessionId);
      await this.#catchUp(waited, this.#reader, state);
      return waited;
    });
  }

  /** Lets one commit at a time change a tree. If `work` does not `keep` the tree, it is forgotten. */
  edit<T>(sessionId: number, work: (edit: TreeEdit) => Promise<T>): Promise<T> {
    return this.#lock(sessionId, async () => {
      const known = this.#use(sessionId);
      const state = await this.#reader.get(workspaceState, [sessionId]);
      // Most of it is read before the transaction, which others wait for.
      if (state) await this.#catchUp(known, this.#reader, state);
      let isKept = false;
      try {
        return await work({
          state,
          before: known.tree,
          catchUp: async (reader, present) => {
            // A transaction that was begun anew has not done what it did to the tree before.
            if (known.revision < 0) Object.assign(known, { tree: new Tree(), revision: 0 });
            await this.#catchUp(known, reader, present);
            known.revision = -1;
            isKept = false;
            return known.tree;
          },
          keep: (revision) => {
            known.revision = revision;
            isKept = true;
          },
        });
      } finally {
        if (!isKept && known.revision < 0) this.#known.delete(sessionId);
      }
    });
  }

  forget(sessionId: number): void {
    this.#known.delete(sessionId);
  }

  #use(sessionId: number): Known {
    const known = this.#known.get(sessionId) ?? new Known();
    this.#known.delete(sessionId);
    this.#known.set(sessionId, known);
    return known;
  }

  async #catchUp(
    known: Known,
    reader: Reader,
    { sessionId, revision, prunedRevision }: WorkspaceState,
  ): Promise<void> {
    if (known.revision >= revision) return;
    // Deletions that were forgotten have left no rows.
    if (known.revision < prunedRevision) Object.assign(known, { tree: new Tree(), revision: 0 });
    await this.#read(sessionId, known, reader);
    known.revision = Math.max(known.revision, revision);
  }

  /** Reads what has changed since the revision of the tree. A page may end within a revision. */
  async #read(sessionId: number, known: Known, reader: Reader): Promise<void> {
    let revision = known.revision + 1;
    let path = '';
    for (;;) {
      const rows = await readFilesAfter(reader, sessionId, { revision, path }, pageSize);
      for (const row of rows) {
        const entry = entryOf(row);
        if (entry === null) known.tree.delete(row.path);
        else known.tree.set(entry);
      }
      const last = rows.at(-1);
      if (last === undefined) break;
      ({ revision, path } = last);
      if (rows.length < pageSize) break;
    }
    if (path !== '') known.revision = revision;
    this.#dropOldest(sessionId);
  }

  #dropOldest(newest: number): void {
    let entries = 0;
    for (const { tree } of this.#known.values()) entries += tree.size;
    for (const [sessionId, { tree }] of this.#known) {
      if (entries <= this.#maxEntries) return;
      if (sessionId === newest) continue;
      this.#known.delete(sessionId);
      entries -= tree.size;
    }
  }
}
