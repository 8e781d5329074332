import type { Prisma } from '../../generated/prisma/client.ts';

/** Filters the runs that are live or wait in the queue. What they belong to cannot be deleted. */
export const unfinished = { in: ['RUNNING', 'QUEUED'] } satisfies Prisma.EnumRunStatusFilter;
