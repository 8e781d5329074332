import type { PrismaClient } from '../generated/prisma/client.ts';

/** The gateway's database. It emits a `query` event for each SQL statement. */
export type Database = PrismaClient<'query'>;
