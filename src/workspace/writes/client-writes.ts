import { tryAgain } from '../../errors.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { workspaceState } from '../../storage/statements/workspace-files.ts';
import type { Entry, FileEntry } from '../../sync/entry.ts';
import type { Chunk } from '../../sync/remote.ts';
import type { Tree } from '../../sync/tree.ts';
import type { Commits } from '../commit/commits.ts';
import { isBlocked } from '../commit/is-blocked.ts';
import type { PlannedChange } from '../commit/plan.ts';
import type { FileChecks } from '../contents/verify-files.ts';
import { writeFile } from '../contents/write-file.ts';
import {
  checkPath,
  fileNotFound,
  notExpected,
  pathTaken,
  type WorkspaceLimits,
  workspaceNotFound,
} from '../model/limits.ts';

interface ClientWritesOptions {
  statements: Statements;
  limits: WorkspaceLimits;
  checks: FileChecks;
  commits: Commits;
  /** Stores chunks that a user uploads. */
  store(userId: string, sessionId: number, chunks: AsyncIterable<Chunk>): Promise<number>;
}

export interface WrittenFile {
  sessionId: number;
  path: string;
  source: AsyncIterable<Uint8Array>;
  /** The hash of what the client has seen, or an empty text for nothing. Null or undefined: whatever there is. */
  expectedSha256?: string | null | undefined;
  /** The permission bits. Default: those of the present file, or 0o644. */
  mode?: number | undefined;
}

/** Changes files for clients: without a base, and each change wins or fails. */
export class ClientWrites {
  readonly #options: ClientWritesOptions;

  constructor(options: ClientWritesOptions) {
    this.#options = options;
  }

  async write({ sessionId, path, source, expectedSha256, mode }: WrittenFile): Promise<FileEntry> {
    checkPath(path);
    const { statements, limits, checks, store: storeFor } = this.#options;
    const state = await statements.get(workspaceState, [sessionId]);
    if (!state?.isShared) throw workspaceNotFound();
    const store = (id: number, chunks: AsyncIterable<Chunk>) => storeFor(state.userId, id, chunks);
    const written = await writeFile({ store }, { sessionId, path, mode: mode ?? 0o644, source }, limits);
    checks.note(sessionId, written);
    const entry = { ...written };
    await this.#change(sessionId, [entry], (tree) => {
      const present = tree.get(path);
      if (expectedSha256 != null && (present?.sha256 ?? '') !== expectedSha256)
        throw notExpected(path, present?.sha256);
      if (present === undefined && isBlocked(tree, path)) throw pathTaken(path);
      if (mode === undefined && present?.kind === 'file') entry.mode = present.mode;
      return [{ path, base: undefined, entry }];
    });
    return entry;
  }

  async delete(sessionId: number, path: string): Promise<void> {
    checkPath(path);
    await this.#change(sessionId, [], (tree) => {
      const paths = tree.get(path) ? [path] : Array.from(tree.below(path), (entry) => entry.path);
      if (paths.length === 0) throw fileNotFound(path);
      return paths.map((each) => ({ path: each, base: undefined, entry: null }));
    });
  }

  /** Makes the changes of a client: all of them, or no change if one is refused. */
  async #change(
    sessionId: number,
    entries: readonly Entry[],
    decide: (tree: Tree) => readonly PlannedChange[],
  ): Promise<void> {
    const writer = { kind: 'client' } as const;
    const { outcomes } = await this.#options.commits.commit({ sessionId, writer, entries, decide });
    for (const outcome of outcomes) {
      if (outcome.outcome === 'refused') throw outcome.error;
      // The content was swept between its arrival and this moment.
      if (outcome.outcome === 'missing')
        throw tryAgain('OVERLOADED', 'Send the file again.', { retryAfter: 1 });
    }
  }
}
