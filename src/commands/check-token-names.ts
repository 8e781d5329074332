import type { z } from 'zod';
import { wellFormedLine } from '../base/well-formed-text.ts';
import { StartupError } from '../config/startup-error.ts';
import { userIdText } from '../identity/user-id.ts';

const nameText = wellFormedLine.max(200, 'expected at most 200 characters');

/**
 * Checks the names of a new token. This is apart from `manageTokens`, so that a wrong argument is refused before the
 * database is loaded and opened.
 *
 * @throws StartupError that names the option and what was expected.
 */
export function checkTokenNames(userId: string, name: string | undefined): void {
  check('--user', userIdText, userId);
  if (name !== undefined) check('--name', nameText, name);
}

function check(option: string, text: z.ZodType, value: string): void {
  const { error } = text.safeParse(value);
  if (error) throw new StartupError(`${option}: ${error.issues[0]?.message}.`);
}
