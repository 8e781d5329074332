import type { AgentDetails } from '../../sync/remote.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import type { GatewayAddress } from '../connection/gateway-client.ts';
import { openWorkspace } from '../files/workspace.ts';
import type { ToolPlace } from '../tools/tool.ts';
import { folderOfWorkspace, type NodeWorkspace } from './folder-of.ts';
import { SyncThread } from './sync-thread-client.ts';

export interface WorkspacesOptions {
  address: GatewayAddress;
  /** The real path of the agent's folder. */
  root: string;
  agent: AgentDetails;
  print(line: string): void;
}

/** Where a tool call works, and what has to be said in its result. */
export interface CallPlace extends ToolPlace {
  /** Undefined if the files are as they should be. */
  note: string | undefined;
}

/** How long a tool call waits for the files, before and after it, in milliseconds. */
const waitMs = 10_000;
/** The thread is started again after this time, in milliseconds. */
const restartMs = 5_000;

/** The workspaces of the node: the files of each are in a folder that a replica keeps the same as on the gateway. */
export class Workspaces {
  readonly #options: WorkspacesOptions;
  /** Tools of one workspace that write run one after the other. */
  readonly #locks = new Map<string, Semaphore>();
  #known = new Map<string, NodeWorkspace>();
  #thread: SyncThread | undefined;
  readonly #closing = new AbortController();
  #restart: NodeJS.Timeout | undefined;

  constructor(options: WorkspacesOptions) {
    this.#options = options;
  }

  /** Takes all workspaces of the node. */
  update(workspaces: NodeWorkspace[]): void {
    this.#known = new Map(workspaces.map((workspace) => [workspace.workspaceId, workspace]));
    if (this.#closing.signal.aborted || (this.#thread === undefined && workspaces.length === 0)) return;
    if (this.#restart !== undefined) return;
    this.#thread ??= this.#start();
    this.#thread.tell({ kind: 'workspaces', workspaces });
  }

  /**
   * Finds where a tool call works, when the files are there. It waits for them, but not for long.
   *
   * @throws Error if this node does not have the workspace.
   */
  async place(workspaceId: string, cancel: AbortSignal): Promise<CallPlace> {
    const { root } = this.#options;
    const isThere = await this.#within(cancel, 'settle', workspaceId);
    const known = this.#known.get(workspaceId);
    const folder = known && folderOfWorkspace(known, root);
    if (folder === undefined) throw new Error('The files of this session are not on this node.');
    if ('problem' in folder) throw new Error(folder.problem);
    const workspace = await openWorkspace(folder.below === '' ? root : `${root}/${folder.below}`);
    const note = isThere ? undefined : '[The files of this session were still being copied to this node.]';
    return { workspace, writeLock: { run: (work) => this.#exclusively(workspaceId, work) }, note };
  }

  /** Waits until what a tool call has changed is on the gateway, but not for long. Resolves with whether it is. */
  flush(workspaceId: string): Promise<boolean> {
    return this.#within(this.#closing.signal, 'flush', workspaceId);
  }

  async close(withinMs: number): Promise<void> {
    this.#closing.abort(new Error('The agent was told to stop.'));
    clearTimeout(this.#restart);
    await this.#thread?.close(withinMs);
  }

  #start(): SyncThread {
    const { address, root, agent, print } = this.#options;
    return new SyncThread({
      root,
      gateway: address.url,
      token: address.token,
      agent,
      print,
      onFailure: (reason) => {
        print(`the thread that syncs files has failed: ${reason} It is started again.`);
        this.#thread = undefined;
        this.#restart = setTimeout(() => {
          this.#restart = undefined;
          this.update([...this.#known.values()]);
        }, restartMs);
      },
    });
  }

  async #within(cancel: AbortSignal, kind: 'settle' | 'flush', workspaceId: string): Promise<boolean> {
    if (this.#closing.signal.aborted || this.#restart !== undefined) return false;
    // The gateway may send the first call before it has told of the workspace: the thread waits for that.
    this.#thread ??= this.#start();
    const limit = AbortSignal.any([cancel, AbortSignal.timeout(waitMs)]);
    try {
      const end = await this.#thread.ask(kind, workspaceId, limit);
      end();
      return true;
    } catch {
      return false;
    }
  }

  /** Lets one tool of a workspace write, while the replica does not: otherwise a change of one could be lost. */
  async #exclusively<T>(workspaceId: string, work: () => Promise<T>): Promise<T> {
    const lock = this.#locks.get(workspaceId) ?? new Semaphore(1);
    this.#locks.set(workspaceId, lock);
    return lock.run(async () => {
      const release = await this.#thread
        ?.ask('hold', workspaceId, AbortSignal.timeout(waitMs))
        .catch(() => undefined);
      try {
        return await work();
      } finally {
        release?.();
      }
    });
  }
}
