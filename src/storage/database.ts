import type { PrismaClient } from '../generated/prisma/client.ts';

/** The gateway's database. Its `query` events, one per SQL statement, can be listened to. */
export type Database = PrismaClient<'query'>;
