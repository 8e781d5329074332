import { isDriverAdapterError } from '@prisma/driver-adapter-utils';

/** What Prisma's adapter says of a failed statement; undefined for any other value. */
export function driverFailure(error: unknown) {
  // Prisma's own check reads a property of the value, so it fails for undefined, which code may throw.
  return error instanceof Error && isDriverAdapterError(error) ? error.cause : undefined;
}
