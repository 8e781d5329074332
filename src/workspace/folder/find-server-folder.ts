import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { GatewayError } from '../../errors.ts';
import { pathProblem } from '../../sync/path.ts';

interface Asker {
  userId: string;
  isAdmin: boolean;
}

/**
 * Finds a folder of the gateway that a user names as the source of files. Admins may name each folder below the root, and
 * other users those below a folder with their name.
 *
 * @param path Absolute, or relative to the folder in which the user may name folders.
 * @returns Where it is below the root, without links and with `/` between its names.
 * @throws GatewayError BAD_USER_INPUT if there is no such folder. It does not say whether there is something else.
 */
export async function findServerFolder(root: string, path: string, asker: Asker): Promise<string> {
  try {
    const realRoot = await realpath(root);
    const own = await realpath(asker.isAdmin ? root : join(root, folderNameOf(asker.userId)));
    const folder = await realpath(resolve(own, path));
    const below = relative(realRoot, folder).split(sep).join('/');
    const isFolder = (await stat(folder)).isDirectory();
    if (isFolder && isWithin(own, folder) && pathProblem(below) === undefined) return below;
  } catch {
    // Whether it is missing or may not be read makes no difference to the user.
  }
  const where = asker.isAdmin ? 'WORKSPACE_ROOT' : `WORKSPACE_ROOT/${folderNameOf(asker.userId)}`;
  const message = `workspace.path: expected a folder of the gateway that exists below ${where}.`;
  throw new GatewayError('BAD_USER_INPUT', message, { field: 'workspace.path' });
}

function isWithin(folder: string, path: string): boolean {
  const below = relative(folder, path);
  return below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below);
}

/** The name of a user as the name of a folder. */
function folderNameOf(userId: string): string {
  return /^\.+$/.test(userId) ? userId.replaceAll('.', '%2E') : encodeURIComponent(userId);
}
