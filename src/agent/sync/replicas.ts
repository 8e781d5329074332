import { mkdirSync, writeFileSync } from 'node:fs';
import { privateFolder } from '../../sync/path.ts';
import type { Remote, SyncStatusReport } from '../../sync/remote.ts';
import { Replica } from '../../sync/replica/replica.ts';
import { folderOfWorkspace, type NodeWorkspace, stateFolderOf } from './folder-of.ts';
import { StateLines } from './state-lines.ts';

export interface ReplicasOptions {
  /** The real path of the agent's folder. */
  root: string;
  openRemote(workspaceId: string): Remote;
  print(line: string): void;
}

interface Open {
  replica: Replica;
  below: string;
  /** Resolves when the replica was the same as the workspace once. */
  settled: Promise<void>;
}

/** The replicas of an agent, one for each workspace of its node. */
export class Replicas implements AsyncDisposable {
  readonly #options: ReplicasOptions;
  readonly #open = new Map<string, Open>();
  /** Why workspaces have no folder here. */
  readonly #problems = new Map<string, string>();
  /** Those who wait for a workspace. */
  #waiting: (() => void)[] = [];

  constructor(options: ReplicasOptions) {
    this.#options = options;
  }

  /** Opens and closes replicas, so that there are those of these workspaces. */
  async update(workspaces: readonly NodeWorkspace[]): Promise<void> {
    const { root } = this.#options;
    const ids = new Set(workspaces.map(({ workspaceId }) => workspaceId));
    for (const workspaceId of this.#open.keys()) if (!ids.has(workspaceId)) await this.#close(workspaceId);
    for (const workspace of workspaces) {
      const { workspaceId, revision } = workspace;
      const folder = folderOfWorkspace(workspace, root);
      if ('problem' in folder) {
        await this.#refuse(workspaceId, folder.problem);
        continue;
      }
      const open = this.#open.get(workspaceId);
      if (open !== undefined && open.below !== folder.below) await this.#close(workspaceId);
      if (!this.#open.has(workspaceId)) this.#start(workspaceId, folder.below);
      this.#open.get(workspaceId)?.replica.announce(revision);
    }
  }

  /** Resolves with the replica of a workspace, which may not be known yet. @throws the reason of the signal */
  async find(workspaceId: string, signal: AbortSignal): Promise<Open> {
    for (;;) {
      signal.throwIfAborted();
      const open = this.#open.get(workspaceId);
      if (open !== undefined) return open;
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.keys()].map((workspaceId) => this.#close(workspaceId)));
  }

  #start(workspaceId: string, below: string): void {
    const { root, openRemote, print } = this.#options;
    hideFromGit(root);
    const lines = new StateLines(workspaceId, below, print);
    let settle = () => {};
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const onReport = (report: SyncStatusReport) => {
      lines.see(report);
      if (report.status === 'SYNCED') settle();
    };
    const replica = new Replica({
      id: workspaceId,
      anchor: root,
      below,
      stateFolder: stateFolderOf(root, workspaceId),
      remote: openRemote(workspaceId),
      onReport,
      onConflict: (path, keptPath) => lines.conflict(path, keptPath),
    });
    this.#open.set(workspaceId, { replica, below, settled });
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #close(workspaceId: string): Promise<void> {
    const open = this.#open.get(workspaceId);
    this.#open.delete(workspaceId);
    await open?.replica[Symbol.asyncDispose]();
  }

  /** Tells the gateway and the person at this machine, once, that a workspace cannot be here. */
  async #refuse(workspaceId: string, problem: string): Promise<void> {
    await this.#close(workspaceId);
    if (this.#problems.get(workspaceId) === problem) return;
    this.#problems.set(workspaceId, problem);
    this.#options.print(`workspace ${workspaceId}: ${problem}`);
    const none = { filesDone: 0, filesTotal: 0, bytesDone: 0, bytesTotal: 0, skipped: [] };
    const report: SyncStatusReport = {
      status: 'ERROR',
      revision: 0,
      manifestHash: null,
      error: problem,
      folderState: 'OTHER',
      ...none,
    };
    const tell = this.#options.openRemote(workspaceId).report(report, AbortSignal.timeout(30_000));
    await tell.catch(() => this.#problems.delete(workspaceId));
  }
}

/** The agent's folder may be a repository of the user. */
function hideFromGit(root: string): void {
  try {
    mkdirSync(`${root}/${privateFolder}`, { recursive: true });
    writeFileSync(`${root}/${privateFolder}/.gitignore`, '*\n', { flag: 'wx' });
  } catch {
    // It is there already, or the replica will say what is wrong.
  }
}
