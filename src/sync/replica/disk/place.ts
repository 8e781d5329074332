import { linkSync, lstatSync, renameSync, rmdirSync, type Stats, unlinkSync } from 'node:fs';
import { hasCode } from '../../../base/caught-error.ts';
import { folderOf, nameOf } from '../../path.ts';
import { type Folders, NotAFolderError } from './folders.ts';
import { listFolder } from './list-folder.ts';
import type { Stage } from './stage.ts';
import { isSameStamp, type Stamp, stampOf } from './stamp.ts';

/** What is at a path now. */
export function lookAt(folders: Folders, path: string): Stats | undefined {
  try {
    const folder = folders.find(folderOf(path));
    return folder && lstatSync(folder.at(nameOf(path)), { throwIfNoEntry: false });
  } catch (error) {
    if (error instanceof NotAFolderError || hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Something else is at the path than was expected: it must be looked at again. */
export class ChangedError extends Error {
  override readonly name = 'ChangedError';
}

/**
 * Moves a file or link from the stage to its place.
 *
 * @param expected How what it replaces looks; undefined if there must be nothing. An empty folder gives way.
 * @returns How it looks there.
 * @throws ChangedError, NotAFolderError
 */
export function place(
  folders: Folders,
  { stage, name, path, expected }: { stage: Stage; name: string; path: string; expected: Stamp | undefined },
): Stamp {
  // The folder of the stage may be made by this call, so that of the path comes second.
  const from = stage.at(folders, name);
  const staged = lstatSync(from);
  const to = folders.make(folderOf(path)).at(nameOf(path));
  if (expected === undefined) {
    const found = lstatSync(to, { throwIfNoEntry: false });
    if (found?.isDirectory()) removeEmptyFolder(folders, path);
    else if (found !== undefined) throw new ChangedError(path);
    // Removing folders may have closed those that were held open.
    moveToNew(
      stage.at(folders, name),
      folders.make(folderOf(path)).at(nameOf(path)),
      path,
      staged.isSymbolicLink(),
    );
  } else {
    checkUnchanged(to, path, expected);
    renameSync(from, to);
  }
  const placed = stampOf(lstatSync(to));
  // Another program may have changed it already.
  if (placed.ino !== staged.ino || placed.mtimeMs !== staged.mtimeMs || placed.size !== staged.size) {
    throw new ChangedError(path);
  }
  return placed;
}

/** Deletes a file or link that looks as expected. @throws ChangedError */
export function remove(folders: Folders, path: string, expected: Stamp): void {
  const name = folders.find(folderOf(path))?.at(nameOf(path));
  if (name === undefined) return;
  checkUnchanged(name, path, expected);
  unlinkSync(name);
}

/** Removes a folder, unless there is something in it. @returns Whether it has gone. */
export function removeIfEmpty(folders: Folders, path: string): boolean {
  try {
    folders.forget(path);
    const name = folders.find(folderOf(path))?.at(nameOf(path));
    if (name !== undefined) rmdirSync(name);
    return true;
  } catch (error) {
    if (error instanceof NotAFolderError || hasCode(error, 'ENOENT')) return true;
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'EBUSY', 'EACCES', 'EPERM', 'ENOTDIR')) return false;
    throw error;
  }
}

/** Removes a folder with nothing in it but folders, which are not synced themselves. */
function removeEmptyFolder(folders: Folders, path: string): void {
  const listed = listFolder(folders, path);
  const isEmpty = typeof listed !== 'string' && listed.every(({ kind }) => kind === 'folder');
  if (!isEmpty) throw new FolderInTheWayError(path);
  for (const { name } of listed) removeEmptyFolder(folders, `${path}/${name}`);
  if (!removeIfEmpty(folders, path)) throw new FolderInTheWayError(path);
}

/** A folder with files that are not synced is where a file must be. */
export class FolderInTheWayError extends Error {
  override readonly name = 'FolderInTheWayError';
}

/** Never replaces what another program has just made, where the file system has hard links. */
function moveToNew(from: string, to: string, path: string, isLink: boolean): void {
  if (isLink || !isLinked(from, to, path)) renameSync(from, to);
  else unlinkSync(from);
}

function isLinked(from: string, to: string, path: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw new ChangedError(path);
    if (hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) return false;
    throw error;
  }
}

function checkUnchanged(name: string, path: string, expected: Stamp): void {
  const found = lstatSync(name, { throwIfNoEntry: false });
  if (found === undefined || !isSameStamp(stampOf(found), expected)) throw new ChangedError(path);
}
