import { randomBytes } from 'node:crypto';
import type { Database } from './database.ts';

/**
 * Returns the random key with this name, 256 bits. It is made when it is first asked for, and then kept, so it is the same
 * for all gateways that use the database and after a restart.
 */
export async function readSharedSecret(database: Database, name: string): Promise<Uint8Array> {
  const found = await database.secret.findUnique({ where: { name } });
  if (found) return Buffer.from(found.value, 'base64url');
  const value = randomBytes(32).toString('base64url');
  // Another gateway may make the key at the same time. The first one counts.
  await database.$executeRaw`INSERT INTO "Secret" ("name", "value") VALUES (${name}, ${value}) ON CONFLICT DO NOTHING`;
  const kept = await database.secret.findUniqueOrThrow({ where: { name } });
  return Buffer.from(kept.value, 'base64url');
}
