import { realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createKeyedLock } from '../../base/lock.ts';
import type { Bus } from '../../bus/bus.ts';
import type { SharedValues } from '../../bus/shared-values.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import {
  storeFolderError,
  type WorkspaceName,
  type WorkspaceState,
  workspaceState,
} from '../../storage/statements/workspace-files.ts';
import type { SyncStatusReport } from '../../sync/remote.ts';
import { Replica } from '../../sync/replica/replica.ts';
import { topicOf } from '../model/topics.ts';
import { createFolderRemote, type FolderWorkspaces } from './folder-remote.ts';

export interface ServerFoldersOptions {
  /** The folder in which the folders lie. */
  root: string;
  /** Where replicas keep what they remember. */
  stateFolder: string;
  workspaces: FolderWorkspaces;
  statements: Statements;
  changes: ChangeLog;
  bus: Bus;
  /** Says to the other gateways which folders this one keeps the same. */
  values: SharedValues;
  gatewayId: string;
  maxFiles: number;
  log: Logger;
}

interface Running {
  path: string;
  replica: Replica;
  usedAt: number;
  stop(): Promise<void>;
}

/** How long a folder is kept the same after the workspace was used last, in milliseconds. */
const idleMs = 120_000;
/** How often this is checked, and the other gateways are told. */
const checkMs = 5_000;
/** How long the others believe that a gateway keeps a folder the same that does not say so again. */
const heldMs = 3 * checkMs;

/**
 * Keeps folders of the gateway the same as the workspaces whose source they are, while these are used. Of several gateways
 * one does it for each folder: `WORKSPACE_ROOT` is the same folder for all. Two at a time do no harm, only the work twice.
 */
export class ServerFolders implements AsyncDisposable {
  readonly #options: ServerFoldersOptions;
  readonly #running = new Map<number, Running>();
  /** The folders that are being started or stopped. */
  readonly #busy = new Map<number, Promise<void>>();
  /** What was told last. */
  readonly #faults = new Map<number, string | null>();
  readonly #storing = new Set<Promise<void>>();
  readonly #lock = createKeyedLock<number>();
  readonly #timer: NodeJS.Timeout;
  #isClosing = false;

  constructor(options: ServerFoldersOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#check(), checkMs).unref();
  }

  /** Called when a workspace is used: its folder is kept the same from now on. */
  use(workspace: WorkspaceState): void {
    const { sessionId, source, path, isShared } = workspace;
    const running = this.#running.get(sessionId);
    if (source !== 'SERVER' || path === null || !isShared) return;
    if (running?.path === path) {
      running.usedAt = performance.now();
    } else if (!this.#isClosing && !this.#busy.has(sessionId)) {
      this.#next(sessionId, async () => {
        await running?.stop();
        await this.#start({ ...workspace, path });
      });
    }
  }

  /** Forgets what replicas remember of the folders of sessions that were deleted. */
  async forget(workspaces: readonly WorkspaceName[]): Promise<void> {
    for (const { sessionId, workspaceId } of workspaces) {
      await this.#busy.get(sessionId);
      await this.#running.get(sessionId)?.stop();
      this.#faults.delete(sessionId);
      await rm(join(this.#options.stateFolder, workspaceId), { recursive: true, force: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#timer);
    await Promise.all(this.#busy.values());
    await Promise.all(Array.from(this.#running.values(), ({ stop }) => stop()));
    await Promise.all(this.#storing);
  }

  #next(sessionId: number, work: () => Promise<void>): void {
    if (this.#busy.has(sessionId)) return;
    const done = work()
      .catch((error: unknown) =>
        this.#tell(sessionId, error instanceof Error ? error.message : String(error)),
      )
      .finally(() => this.#busy.delete(sessionId));
    this.#busy.set(sessionId, done);
  }

  async #start({ sessionId, workspaceId, path }: WorkspaceState & { path: string }): Promise<void> {
    if (!(await this.#hold(sessionId))) return;
    const { root, stateFolder, workspaces, bus, maxFiles } = this.#options;
    const anchor = await realpath(root);
    // It may have been deleted, or this gateway does not have it. A new and empty one would be wrong.
    await stat(join(anchor, path));
    const report = async (said: SyncStatusReport) => this.#tell(sessionId, said.error);
    const replica = new Replica({
      ...{ id: workspaceId, anchor, below: path, maxFiles },
      stateFolder: join(stateFolder, workspaceId),
      remote: createFolderRemote(workspaces, sessionId, report),
    });
    const ring = bus.listen(topicOf(sessionId), () => void this.#announce(sessionId, replica));
    const stop = async () => {
      ring[Symbol.dispose]();
      this.#running.delete(sessionId);
      await replica[Symbol.asyncDispose]();
      await this.#options.values.delete(keyOf(sessionId), this.#options.gatewayId);
    };
    this.#running.set(sessionId, { path, replica, usedAt: performance.now(), stop });
  }

  async #announce(sessionId: number, replica: Replica): Promise<void> {
    const state = await this.#read(sessionId);
    if (state) replica.announce(state.revision);
  }

  async #read(sessionId: number): Promise<WorkspaceState | undefined> {
    return this.#options.statements.get(workspaceState, [sessionId]);
  }

  /** Whether this gateway keeps the folder the same, and says so to the others. */
  async #hold(sessionId: number): Promise<boolean> {
    const { values, gatewayId } = this.#options;
    const key = keyOf(sessionId);
    const [holder] = await values.get([key]);
    if (holder !== undefined && holder !== gatewayId) return false;
    await values.set(key, gatewayId, heldMs);
    return true;
  }

  /** Stops what is not used any more, and what another gateway does. */
  #check(): void {
    for (const [sessionId, running] of this.#running) {
      this.#next(sessionId, async () => {
        const isIdle = performance.now() - running.usedAt > idleMs;
        const isSource = isSourceAt(await this.#read(sessionId), running.path);
        if (isIdle || !isSource || !(await this.#hold(sessionId))) await running.stop();
      });
    }
  }

  /** Says why a folder cannot be kept the same, or that it is, once for each reason. */
  #tell(sessionId: number, fault: string | null): void {
    if (this.#faults.get(sessionId) === fault) return;
    this.#faults.set(sessionId, fault);
    const { log } = this.#options;
    if (fault !== null) {
      log.warn({ sessionId, fault }, 'a folder of the gateway is not kept the same as its workspace');
    }
    const stored = this.#lock(sessionId, () => this.#store(sessionId, fault))
      .catch((err: unknown) => {
        this.#faults.delete(sessionId);
        log.error({ err, sessionId }, 'the fault of a folder of the gateway could not be stored');
      })
      .finally(() => this.#storing.delete(stored));
    this.#storing.add(stored);
  }

  async #store(sessionId: number, fault: string | null): Promise<void> {
    const { statements, changes } = this.#options;
    const told = await statements.transaction(async (tx) => {
      const count = await tx.run(storeFolderError, [fault, sessionId, fault]);
      return changes.write(tx, count === 0 ? [] : [{ kind: 'WorkspaceChanged', sessionId }]);
    });
    changes.ring(told);
  }
}

/** Whether the files still come from a folder. The session may have been deleted. */
function isSourceAt(workspace: WorkspaceState | undefined, path: string): boolean {
  return workspace?.source === 'SERVER' && workspace.path === path && workspace.isShared;
}

function keyOf(sessionId: number): string {
  return `workspace-folder:${sessionId}`;
}
