import { GatewayError, tryAgain } from '../../errors.ts';
import { isDiskFull } from '../../storage/failure/disk-full.ts';
import { isDatabaseBusy } from '../../storage/failure/prisma-error.ts';

/**
 * The error for a client that waits for the end of a run which the database cannot save yet: INSUFFICIENT_STORAGE when
 * the disk is full, OVERLOADED when the database is busy, otherwise INTERNAL_SERVER_ERROR. The model has been stopped.
 *
 * @param cause The error of the database.
 */
export function endNotSaved(cause: unknown): GatewayError {
  const stopped = 'The run has been stopped, but its end could not be saved yet';
  if (isDiskFull(cause)) {
    const message = `${stopped}: the disk of the gateway is full. It is saved as soon as the disk has room.`;
    return new GatewayError('INSUFFICIENT_STORAGE', message);
  }
  if (isDatabaseBusy(cause)) {
    return tryAgain('OVERLOADED', `${stopped}: the database is busy. The gateway keeps trying.`, {
      retryAfter: 2,
    });
  }
  return new GatewayError('INTERNAL_SERVER_ERROR', `${stopped}. The gateway keeps trying.`);
}
