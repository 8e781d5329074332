import { hasCode } from '../../../base/caught-error.ts';
import { isDiskFull } from './disk-full.ts';
import { NotAFolderError } from './folders.ts';
import { FolderInTheWayError } from './place.ts';

/** Whether a failure is no fault of one path, so that the whole transfer has to be tried again. */
export function isPassing(error: unknown): boolean {
  return isDiskFull(error) || hasCode(error, 'EMFILE', 'ENFILE', 'EIO');
}

/** Whether the file system does not take the name. */
export function isOfName(error: unknown): boolean {
  return hasCode(error, 'EILSEQ', 'EINVAL', 'ENAMETOOLONG');
}

/** Why a path cannot be written, as a sentence. */
export function blockingReason(error: unknown): string {
  if (error instanceof NotAFolderError)
    return `${JSON.stringify(error.path)}, a file or link, is in its way.`;
  if (error instanceof FolderInTheWayError) return 'A folder with files that are not synced is in its place.';
  const { code } = Object(error);
  return sentences[String(code)] ?? `It cannot be written: ${String(code ?? error)}.`;
}

const sentences: Record<string, string> = {
  EACCES: 'There is no permission to write it.',
  EPERM: 'There is no permission to write it.',
  EROFS: 'It is on a file system that cannot be written.',
  EILSEQ: 'This file system does not take its name.',
  EINVAL: 'This file system does not take its name.',
  ENAMETOOLONG: 'Its name is too long for this file system.',
  EXDEV: 'Its folder is on another file system than the workspace.',
};
