import type { Flushes } from './flushes.ts';
import { inodeOf, type Parts } from './open-parts.ts';
import { FolderWatcher } from './watch.ts';

export interface ScansOptions {
  /** A folder in which nothing is synced. */
  stateFolder: string;
  /** How often everything is compared, in milliseconds. Default: 60,000. */
  rescanMs?: number;
  /** Up to so many files, a flush compares everything. Default: 2,000, because that takes less than to wait for hints. */
  flushScansUpTo?: number;
  flushes: Flushes;
  /** Called when there is something to scan. */
  onHint(): void;
}

/** How often everything is compared when changes cannot be watched, in milliseconds. */
const unwatchedMs = 5_000;

/** Decides what is scanned, and when. */
export class Scans implements Disposable {
  readonly watcher: FolderWatcher;
  readonly #options: ScansOptions;
  readonly #hints = new Set<string>();
  /** Folders that may be others than before. */
  readonly #others = new Set<string>();
  #rescanMs: number;
  #dueAt = 0;

  constructor(options: ScansOptions) {
    this.#options = options;
    this.#rescanMs = options.rescanMs ?? 60_000;
    this.watcher = new FolderWatcher({
      onHint: (folder) => {
        this.#hints.add(folder);
        options.onHint();
      },
      onOther: (folder) => this.#others.add(folder),
      onLoss: () => {
        if (this.watcher.hasFailed) this.#rescanMs = Math.min(this.#rescanMs, unwatchedMs);
        this.restart();
        options.onHint();
      },
    });
  }

  /** Milliseconds until everything is compared. */
  get msUntilDue(): number {
    return Math.max(0, this.#dueAt - Date.now());
  }

  get areHinted(): boolean {
    return this.#hints.size > 0 || this.#others.size > 0;
  }

  /** Whether somebody waits for a scan, or something has to be scanned. */
  get areWanted(): boolean {
    return this.areHinted || this.#options.flushes.needScan;
  }

  /** Everything is compared the next time. */
  restart(): void {
    this.#dueAt = 0;
  }

  /**
   * Scans what has to be scanned now.
   *
   * @param open The paths that are not in the workspace yet.
   * @returns Whether a regular scan of everything was due.
   */
  async scan(parts: Parts, open: readonly Iterable<string>[]): Promise<boolean> {
    const { flushes, flushScansUpTo = 2_000, stateFolder } = this.#options;
    const { scanner, memory } = parts;
    if (this.msUntilDue > 0 && !this.areWanted) return false;
    this.#checkFolder(parts);
    const isDue = this.msUntilDue === 0;
    if (!isDue && !flushes.needScan) {
      await this.#scanHinted(parts);
      return false;
    }
    await flushes.scan(async () => {
      const mayTrust = !isDue && memory.size > flushScansUpTo;
      if (mayTrust && (await this.watcher.settle(stateFolder))) {
        await this.#scanHinted(parts);
      } else {
        this.#hints.clear();
        this.#others.clear();
        this.watcher.renew();
        if (isDue) this.#dueAt = Date.now() + this.#rescanMs;
        await scanner.scan([''], true);
      }
      return open.flatMap((paths) => [...paths]);
    });
    return isDue;
  }

  [Symbol.dispose](): void {
    this.watcher[Symbol.dispose]();
  }

  /** What was remembered of another folder would look like changes of this one. */
  #checkFolder({ memory, openFolders }: Parts): void {
    using folders = openFolders();
    const ino = inodeOf(folders);
    if (ino === memory.rootIno) return;
    memory.clear(ino);
    this.watcher.forgetAll();
    this.restart();
  }

  async #scanHinted({ scanner }: Parts): Promise<void> {
    const [others, hints] = [[...this.#others], [...this.#hints]];
    this.#others.clear();
    this.#hints.clear();
    await scanner.scan(others, true);
    await scanner.scan(hints, false);
  }
}
