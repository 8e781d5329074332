import type { Stored } from '../limits/quotas.ts';
import type { Database } from '../storage/database.ts';

/** Reads how many sessions a user has, and the bytes of their prompts and recordings. */
export async function storedByUser(database: Database, userId: string): Promise<Stored> {
  const { _count, _sum } = await database.session.aggregate({
    where: { userId },
    _count: true,
    _sum: { storedBytes: true },
  });
  return { sessions: _count, bytes: Number(_sum.storedBytes ?? 0) };
}
