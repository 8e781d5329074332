import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartupError } from '../config/startup-error.ts';

/**
 * The absolute path of the file that a `file:` URL names: `file:///srv/chat.db`, or Prisma's own
 * `file:data/chat.db`, relative to the working directory and taken literally.
 */
export function databaseFile(url: string): string {
  try {
    if (url.startsWith('file://')) return fileURLToPath(url);
  } catch {
    throw new StartupError('The database URL is no valid file: URL.');
  }
  const path = url.startsWith('file:') ? url.slice('file:'.length) : '';
  if (path === '' || path === ':memory:') throw new StartupError('The database URL must name a file.');
  return resolve(path);
}
