import { messageOf } from '../../base/caught-error.ts';
import { createLock } from '../../base/lock.ts';
import type { FolderState, Remote, SyncStatusReport } from '../remote.ts';
import { Blocked } from './blocked.ts';
import type { SameNames } from './collisions.ts';
import { isDiskFull } from './disk/disk-full.ts';
import { Flushes } from './flushes.ts';
import { openParts, type Parts } from './open-parts.ts';
import { Progress } from './progress.ts';
import { defaultMaxFiles, pullChanges } from './pull.ts';
import { Refusals } from './refusals.ts';
import { Scans } from './scans.ts';
import { Skipped } from './skipped.ts';
import { StatusReports } from './status.ts';
import { Wake } from './wake.ts';

export interface ReplicaOptions {
  /** Names the workspace. */
  id: string;
  /** A real path, which nobody but the owner of the machine changes. */
  anchor: string;
  /** The path of the folder below it; empty for the anchor itself. The folder is created. */
  below: string;
  /** A folder for what the replica remembers. It is created. */
  stateFolder: string;
  remote: Remote;
  /** Gets each report of the state. */
  onReport?: (report: SyncStatusReport) => void;
  /** Gets each path of which the workspace has another version, and where it keeps that of the replica. */
  onConflict?: (path: string, keptPath: string) => void;
  /** Most files of the workspace. Default: 250,000. */
  maxFiles?: number;
  /** How often everything is compared, in milliseconds. Default: 60,000. */
  rescanMs?: number;
  /** Up to so many files, a flush compares everything. Default: 2,000. */
  flushScansUpTo?: number;
  /** What the file system takes for the same name. Default: it is tried out. */
  sameNames?: SameNames;
}

/** Changes that come together are handled together, in milliseconds. */
const gatherMs = 60;
/** A file that changes while it is read is read again after this time, in milliseconds. */
const unstableMs = 1_000;
/** The pauses after failures, in milliseconds. */
const retry = { firstMs: 500, longestMs: 30_000 };
/** So many failures in a row are told. A gateway that restarts is away for fewer. */
const toldFailures = 3;

/**
 * Keeps a folder the same as a workspace, in both directions, until it is disposed. Its loop never ends by itself: a
 * failure is told, and after a pause everything is tried again.
 */
export class Replica implements AsyncDisposable {
  readonly #options: ReplicaOptions;
  readonly #closing = new AbortController();
  readonly #status: StatusReports;
  readonly #dirty = new Set<string>();
  readonly #later = new Set<string>();
  readonly #skipped = new Skipped();
  readonly #refusals = new Refusals();
  readonly #blocked = new Blocked();
  readonly #progress = new Progress();
  readonly #flushes = new Flushes();
  readonly #wake = new Wake();
  readonly #lock = createLock();
  readonly #running: Promise<void>;
  #parts: Parts | undefined;
  readonly #scans: Scans;
  #isPullDue = true;
  #failures = 0;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#status = new StatusReports(options.remote, options.onReport ?? (() => {}), this.#closing.signal);
    this.#scans = new Scans({
      ...options,
      flushes: this.#flushes,
      onHint: () => {
        if (this.#failures === 0) this.#wake.ring();
      },
    });
    this.#running = this.#run();
  }

  /** Says that the workspace is at this revision. After a lost connection it also ends a pause. */
  announce(revision: number): void {
    if (this.#parts === undefined || this.#parts.memory.revision < revision) this.#isPullDue = true;
    if (this.#isPullDue || this.#failures > 0) this.#wake.ring();
  }

  /**
   * Resolves when everything that has changed in the folder before this call is in the workspace, or is refused by it.
   *
   * @throws the reason of the signal once that aborts, or an error when the replica is disposed.
   */
  flush(signal: AbortSignal): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.reject(this.#closing.signal.reason);
    const flushed = this.#flushes.add(signal);
    this.#wake.ring();
    return flushed;
  }

  /** Resolves with a function; until it is called, nothing is written. For those who read, change and write a file. */
  hold(): Promise<() => void> {
    return this.#lock();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error('The replica is closed.'));
    this.#flushes.fail(this.#closing.signal.reason);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#round();
        this.#failures = 0;
        await this.#rest();
      } catch (error) {
        if (signal.aborted) break;
        this.#failures += 1;
        // What was being looked at is looked at again.
        this.#scans.restart();
        if (isDiskFull(error) || this.#failures >= toldFailures) this.#tell('ERROR', sentenceOf(error));
        const limit = Math.min(retry.longestMs, retry.firstMs * 2 ** (this.#failures - 1));
        await this.#wake.wait(limit * (0.5 + Math.random() / 2), signal);
      }
    }
    this.#scans[Symbol.dispose]();
    await this.#status.end();
    this.#parts?.memory[Symbol.dispose]();
  }

  /** Works until the folder and the workspace are the same. */
  async #round(): Promise<void> {
    const { signal } = this.#closing;
    const parts = await this.#open();
    for (let isDone = false; !isDone; ) {
      signal.throwIfAborted();
      if (await this.#scans.scan(parts, [this.#dirty, this.#later])) this.#isPullDue = true;
      await this.#pull(parts);
      if (this.#dirty.size > 0) {
        this.#tell('SYNCING');
        await parts.pusher.push();
      }
      if (this.#flushes.areWaiting) {
        const state = this.#folderState(parts);
        await this.#status.retract(state, () => this.#tell('SYNCING'));
      }
      this.#flushes.settle((path) => this.#dirty.has(path) || this.#later.has(path));
      // What is pending may be out of date: the workspace has decided about changes of the replica.
      if (this.#isPullDue) continue;
      if (parts.memory.isPending) this.#tell('SYNCING');
      isDone = !(await parts.applier.apply()) && !this.#hasMore;
    }
    const { folder } = parts.stage;
    using folders = parts.openFolders();
    if (folders.find(folder) !== undefined) parts.stage.clean(folders, false);
    this.#tellEnd();
    this.#progress.reset();
  }

  get #hasMore(): boolean {
    return this.#dirty.size > 0 || this.#isPullDue || this.#scans.areWanted;
  }

  async #open(): Promise<Parts> {
    this.#parts ??= await openParts({
      ...this.#options,
      progress: this.#progress,
      dirty: this.#dirty,
      later: this.#later,
      skipped: this.#skipped,
      refusals: this.#refusals,
      blocked: this.#blocked,
      sameNames: this.#options.sameNames,
      watcher: this.#scans.watcher,
      lock: this.#lock,
      onConflict: this.#options.onConflict ?? (() => {}),
      onRevision: (revision) => {
        if (revision > (this.#parts?.memory.revision ?? 0)) this.#isPullDue = true;
      },
      signal: this.#closing.signal,
    });
    return this.#parts;
  }

  async #pull({ memory, collisions }: Parts): Promise<void> {
    if (!this.#isPullDue) return;
    const { remote, maxFiles = defaultMaxFiles } = this.#options;
    this.#isPullDue = false;
    try {
      await pullChanges({ memory, remote, dirty: this.#dirty, signal: this.#closing.signal }, maxFiles);
    } catch (error) {
      this.#isPullDue = true;
      throw error;
    }
    collisions.forget();
    this.#blocked.clear();
  }

  /** Waits for the next thing to do. */
  async #rest(): Promise<void> {
    const { signal } = this.#closing;
    const { msUntilDue: untilScan } = this.#scans;
    await this.#wake.wait(this.#later.size > 0 ? Math.min(unstableMs, untilScan) : untilScan, signal);
    // More hints follow the first one.
    if (this.#scans.areHinted && !this.#flushes.areWaiting) await this.#wake.pause(gatherMs, signal);
    for (const path of this.#later) this.#dirty.add(path);
    this.#later.clear();
  }

  #tellEnd(): void {
    const fault = this.#blocked.fault ?? this.#refusals.fault;
    if (this.#later.size > 0) this.#tell('SYNCING');
    else this.#tell(fault === null ? 'SYNCED' : 'ERROR', fault);
  }

  /** What tools show of the folder when everything that is pending is written. */
  #folderState({ scanner }: Parts): FolderState {
    const left = [this.#skipped, this.#refusals, this.#blocked].some((each) => !each.isEmpty);
    if (left) return 'OTHER';
    return scanner.showsMore ? 'MORE' : 'SAME';
  }

  #tell(status: SyncStatusReport['status'], error: string | null = null): void {
    const { memory } = this.#parts ?? {};
    const { filesDone, filesTotal, bytesDone, bytesTotal } = this.#progress;
    this.#status.tell({
      status,
      revision: memory?.revision ?? 0,
      manifestHash: status === 'SYNCING' ? null : (memory?.tree.hash() ?? null),
      filesDone,
      filesTotal,
      bytesDone,
      bytesTotal,
      error,
      skipped: [...this.#skipped, ...this.#refusals, ...this.#blocked],
      folderState: this.#parts && status === 'SYNCED' ? this.#folderState(this.#parts) : 'OTHER',
    });
  }
}

function sentenceOf(error: unknown): string {
  if (isDiskFull(error)) return 'The disk is full.';
  const message = messageOf(error);
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
