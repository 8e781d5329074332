import { randomUUID } from 'node:crypto';
import { type FSWatcher, mkdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { hasCode } from '../../base/caught-error.ts';

export interface WatchOptions {
  /** Something in a folder, given by its path relative to the replica, may have changed. */
  onHint(folder: string): void;
  /** Another folder may be at this path now, so that everything in it has to be looked at. */
  onOther(folder: string): void;
  /** Changes may have been missed. */
  onLoss(): void;
}

/**
 * So many events at once may be all that the system has kept: Linux drops what goes beyond 16,384, and nobody is told.
 * Fewer are taken as such, because settings may be lower.
 */
const maxAtOnce = 4_000;
/** How long `settle` waits, in milliseconds. */
const settleMs = 2_000;

/**
 * Watches the folders of a replica. Each is watched from before it is listed, so nothing is missed in between. Only folders
 * are watched, because a folder tells of its files, too, and a watch for each of 100,000 files takes hundreds of
 * megabytes. Libraries look at each file before they watch its folder, which the scan has to do anyway.
 */
export class FolderWatcher implements Disposable {
  readonly #options: WatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  #atOnce = 0;
  #isComplete = true;
  /** Whether a folder cannot be watched. */
  #hasFailed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Whether all changes of the folders that are watched come as hints. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** @param place What leads to the folder. */
  watch(folder: string, place: string): void {
    if (this.#watchers.has(folder)) return;
    try {
      // The promise of an agent that ends must not wait for it.
      const watcher = watch(place, { persistent: false }, (event, name) => this.#hear(folder, event, name));
      watcher.on('error', () => this.#fail(folder));
      this.#watchers.set(folder, watcher);
    } catch (error) {
      // What is not there, or must not be read, has no changes that could be synced.
      if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM')) this.#fail(folder);
    }
  }

  /** Stops to watch a folder and all below it. */
  forget(folder: string): void {
    for (const [path, watcher] of this.#watchers) {
      if (path !== folder && !path.startsWith(`${folder}/`)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
  }

  /**
   * Resolves when everything that has changed before the call has come as a hint: the system tells of changes in their
   * order, so a change that is made now comes after them.
   *
   * @param folder Nothing else happens in it. It is created.
   * @returns Whether that is certain.
   */
  async settle(folder: string): Promise<boolean> {
    if (process.platform !== 'linux' || !this.#isComplete) return false;
    const name = `settle-${randomUUID()}`;
    let sign: FSWatcher | undefined;
    let late: NodeJS.Timeout | undefined;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const heard = new Promise<boolean>((resolve) => {
        late = setTimeout(() => resolve(false), settleMs);
        sign = watch(folder, { persistent: false }, (_event, changed) => {
          if (changed === name) resolve(true);
        });
        sign.on('error', () => resolve(false));
      });
      writeFileSync(`${folder}/${name}`, '', { flag: 'wx', mode: 0o600 });
      const isHeard = await heard;
      // Those that came at once with it have been counted then.
      await new Promise((resolve) => setImmediate(resolve));
      return isHeard && this.#isComplete;
    } catch {
      return false;
    } finally {
      clearTimeout(late);
      sign?.close();
      rmSync(`${folder}/${name}`, { force: true });
    }
  }

  /** Whether a folder cannot be watched, so that its changes never come as hints. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** A scan of everything begins: what was missed until now does not matter any more. */
  renew(): void {
    this.#isComplete = !this.#hasFailed;
  }

  forgetAll(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  [Symbol.dispose](): void {
    this.forgetAll();
  }

  #hear(folder: string, event: string, name: string | null): void {
    if (this.#atOnce === 0) {
      setImmediate(() => {
        this.#atOnce = 0;
      });
    }
    this.#atOnce += 1;
    if (this.#atOnce === maxAtOnce) this.#lose();
    const path = folder === '' ? name : `${folder}/${name}`;
    // One folder may have been moved away, and another one have come in its place.
    if (event === 'rename' && path !== null && this.#watchers.has(path)) {
      this.forget(path);
      this.#options.onOther(path);
    }
    this.#options.onHint(folder);
  }

  #fail(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#lose();
  }

  #lose(): void {
    this.#isComplete = false;
    this.#options.onLoss();
  }
}
