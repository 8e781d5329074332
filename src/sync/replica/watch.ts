import { relative, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { isPrivateName } from '../path.ts';

export interface WatchOptions {
  /** The real path of the replica. */
  root: string;
  /** Something in a folder, given by its path relative to the replica, may have changed. */
  onHint(folder: string): void;
  /** All folders are watched from now on. */
  onReady(): void;
  /** Changes may not be noticed any more. Called once. */
  onFailure(error: unknown): void;
}

/**
 * Watches the folders of a replica. What it says is a hint and no more: the system drops events when there are too many,
 * and some file systems have none. Only folders are watched, because a folder tells of its files, too, and a watch for
 * each of 100,000 files takes hundreds of megabytes.
 */
export function watchFolders({ root, onHint, onReady, onFailure }: WatchOptions): AsyncDisposable {
  let hasFailed = false;
  const fail = (error: unknown) => {
    if (!hasFailed) onFailure(error);
    hasFailed = true;
  };
  const folderAt = (path: string) => relative(root, path).split(sep).join('/');
  const watcher: FSWatcher = watch(root, {
    ignoreInitial: true,
    followSymlinks: false,
    ignorePermissionErrors: true,
    ignored: (path, stats) => {
      const names = folderAt(path).split('/');
      return names.some(isNeverWatched) || (stats !== undefined && !stats.isDirectory());
    },
  });
  watcher.on('raw', (_event, _name, details: unknown) => {
    const { watchedPath } = Object(details) as { watchedPath?: unknown };
    if (typeof watchedPath === 'string') onHint(folderAt(watchedPath));
  });
  watcher.on('addDir', (path) => onHint(folderAt(path)));
  watcher.on('unlinkDir', (path) => onHint(folderAt(path)));
  watcher.on('error', fail);
  watcher.on('ready', onReady);
  return { [Symbol.asyncDispose]: () => watcher.close() };
}

/** What is usually large and not synced. If a rule brings it back, the complete scans find what changes in it. */
function isNeverWatched(name: string): boolean {
  return name === 'node_modules' || isPrivateName(name);
}
