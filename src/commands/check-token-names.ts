import { userIdText } from '../identity/user-id.ts';
import { checkArgument, nameText } from './check-argument.ts';

/**
 * Checks the names of a new token. This is apart from `manageTokens`, so that a wrong argument is refused before the
 * database is loaded and opened.
 *
 * @throws StartupError that names the option and what was expected.
 */
export function checkTokenNames(userId: string, name: string | undefined): void {
  checkArgument('--user', userIdText, userId);
  if (name !== undefined) checkArgument('--name', nameText, name);
}
