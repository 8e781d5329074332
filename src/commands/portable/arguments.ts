import { z } from 'zod';
import { decodeId, maxId } from '../../base/global-id.ts';
import { StartupError } from '../../config/startup-error.ts';
import { userIdText } from '../../identity/user-id.ts';
import { anonymous } from '../../identity/viewer.ts';
import { checkArgument } from '../check-argument.ts';

/** Reads the id of a session: that of GraphQL, or that of the database. @throws StartupError. */
export function readSessionId(text: string): number {
  const decoded = decodeId(text);
  const digits = decoded?.typename === 'Session' ? decoded.id : text;
  if (/^[1-9]\d{0,9}$/.test(digits) && Number(digits) <= maxId) return Number(digits);
  throw new StartupError(`--session: expected the id of a session instead of ${JSON.stringify(text)}.`);
}

const time = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

/** Reads a day, which begins in UTC, or a time. @throws StartupError. */
export function readTime(argument: string, text: string): Date {
  if (time.safeParse(text).success) return new Date(text);
  throw new StartupError(`${argument}: expected a day or a time: 2026-03-31, or 2026-03-31T12:00:00Z.`);
}

/** The sessions of a gateway with AUTH=none have a user as well, whose name no token may have. @throws StartupError. */
export function checkUser(user: string | undefined): void {
  if (user !== anonymous.userId) checkArgument('--user', userIdText.optional(), user);
}
