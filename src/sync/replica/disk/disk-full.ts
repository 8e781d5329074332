import { hasCode } from '../../../base/caught-error.ts';

/** Whether there was no room, on the disk or in the user's share of it. */
export function isDiskFull(error: unknown): boolean {
  return hasCode(error, 'ENOSPC', 'EDQUOT');
}
