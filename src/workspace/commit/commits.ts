import type { Bus } from '../../bus/bus.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { GatewayError } from '../../errors.ts';
import type { Quotas } from '../../limits/quotas.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { workspaceState } from '../../storage/statements/workspace-files.ts';
import { chunksOf, type Entry, sizeOf } from '../../sync/entry.ts';
import type { Tree } from '../../sync/tree.ts';
import type { Contents } from '../contents/contents.ts';
import type { PendingUploads } from '../contents/pending-uploads.ts';
import type { FileChecks } from '../contents/verify-files.ts';
import { type WorkspaceLimits, workspaceNotFound } from '../model/limits.ts';
import { topicOf } from '../model/topics.ts';
import type { ToldChanges } from '../status/told-changes.ts';
import type { TreeCache } from '../tree/tree-cache.ts';
import { makePlan } from './make-plan.ts';
import type { Outcome, PlannedChange } from './plan.ts';
import { storePlan } from './store-plan.ts';
import type { Writer } from './writer.ts';

export interface CommitsOptions {
  statements: Statements;
  trees: TreeCache;
  contents: Contents;
  checks: FileChecks;
  quotas: Quotas;
  changes: ChangeLog;
  told: ToldChanges;
  bus: Bus;
  limits: WorkspaceLimits;
  uploads: PendingUploads;
  /** Called when files were replaced or deleted. */
  onDropped(sessionId: number, bytes: number): void;
}

export interface CommitResult {
  /** The workspace's revision after the changes. */
  revision: number;
  outcomes: Outcome[];
}

export interface Commit {
  sessionId: number;
  writer: Writer;
  /** The entries that `decide` will make of paths, as far as they are known. */
  entries: readonly (Entry | null)[];
  /** Gives the changes for what there is in the transaction. What it throws ends the transaction. */
  decide(tree: Tree): readonly PlannedChange[];
}

/** Changes the files of workspaces. */
export class Commits {
  readonly #options: CommitsOptions;

  constructor(options: CommitsOptions) {
    this.#options = options;
  }

  /**
   * Makes changes in one transaction, and says what became of each.
   *
   * @throws GatewayError NOT_FOUND if the session has no workspace; what `decide` throws.
   */
  async commit({ sessionId, writer, entries, decide }: Commit): Promise<CommitResult> {
    const { statements, trees, checks, contents, changes, bus, quotas, uploads } = this.#options;
    // What takes long comes before the lock.
    const checked = await checks.check(sessionId, entries);
    return trees.edit(sessionId, async (edit) => {
      const userId = edit.state?.userId;
      if (userId === undefined) throw workspaceNotFound();
      const room = await this.#reserve(userId, growthOf(edit.before, entries));
      using _ = room.reserved;
      const done = await statements.transaction(async (tx) => {
        await tx.lockSession(sessionId);
        const state = await tx.get(workspaceState, [sessionId]);
        if (state === undefined) throw workspaceNotFound();
        const tree = await edit.catchUp(tx, state);
        const planned = decide(tree);
        const content = { contents: await contents.find(sessionId, chunksIn(planned), tx), checked };
        const options = { ...this.#options, ...content, ...room, tree, state, writer };
        const plan = await makePlan(tx, planned, options);
        const outcomes = plan.decideAll(planned);
        if (plan.stored.size === 0) return { ...nothing, revision: state.revision, outcomes };
        return { outcomes, ...(await storePlan(tx, plan, options)) };
      });
      edit.keep(done.revision);
      // The reservation was only to see whether there is room.
      if (done.bytes !== 0) quotas.add(userId, done.bytes);
      uploads.add(userId, sessionId, -done.storedBytes);
      if (done.storedBytes > done.bytes) this.#options.onDropped(sessionId, done.storedBytes - done.bytes);
      if (done.owners) {
        changes.ring(done.owners);
        bus.ring(topicOf(sessionId));
      }
      return { revision: done.revision, outcomes: done.outcomes };
    });
  }

  /** Sees whether the user may store more. What is too much is refused file by file. */
  async #reserve(userId: string, bytes: number) {
    try {
      return { reserved: await this.#options.quotas.reserve(userId, { bytes }), overQuota: undefined };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return { reserved: undefined, overQuota: error };
    }
  }
}

/** What a transaction that changes no file has stored. */
const nothing = { bytes: 0, storedBytes: 0, owners: undefined };

/** How many bytes more there would be. */
function growthOf(tree: Tree, entries: readonly (Entry | null)[]): number {
  const growth = entries.reduce(
    (sum, entry) => (entry ? sum + sizeOf(entry) - sizeOf(tree.get(entry.path)) : sum),
    0,
  );
  return Math.max(0, growth);
}

function chunksIn(changes: readonly PlannedChange[]): string[] {
  return changes.flatMap(({ entry }) => (entry?.kind === 'file' ? chunksOf(entry) : []));
}
