import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartupError } from '../../config/startup-error.ts';

/**
 * Returns the absolute path of the file that a `file:` URL names: `file:///srv/chat.db`, or `file:data/chat.db` as Prisma
 * writes it. The second form is relative to the working directory and is not percent-decoded.
 *
 * @throws StartupError if the URL names no file.
 */
export function databaseFile(url: string): string {
  try {
    if (url.startsWith('file://')) return fileURLToPath(url);
  } catch {
    throw new StartupError('The database URL is not a valid file: URL.');
  }
  const path = url.startsWith('file:') ? url.slice('file:'.length) : '';
  if (path === '' || path === ':memory:') throw new StartupError('The database URL must name a file.');
  return resolve(path);
}
