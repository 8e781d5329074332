import type { AuditEntry } from '../../generated/prisma/client.ts';
import { rowsOfObjects } from './dialect.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

const value = (name: string) => `"deed"."value" ->> '${name}'`;

/**
 * Parameters: at, userId, apiTokenId, address, userAgent, and a JSON array of `Deed` (src/changes/audit.ts), in which every
 * deed has all fields.
 */
export const insertAuditEntries = plainStatement<never>(
  `INSERT INTO "AuditEntry" ("at", "userId", "apiTokenId", "address", "userAgent", "action", "ownerId", "subject", "detail")
  SELECT ?, ?, ?, ?, ?, ${['action', 'ownerId', 'subject', 'detail'].map(value).join(', ')} FROM ${rowsOfObjects('deed')}`,
);

const page = (condition: string, direction: 'ASC' | 'DESC') =>
  modelStatement<AuditEntry>(
    'AuditEntry',
    `SELECT * FROM "AuditEntry" WHERE ${condition}"id" > ? AND "id" < ? AND "at" >= ? AND "at" < ?
    ORDER BY "id" ${direction} LIMIT ?`,
  );

const pages = (condition = '') => ({ asc: page(condition, 'ASC'), desc: page(condition, 'DESC') });

/**
 * Pages of entries, by what they are limited to. Parameters: the userId, if it is limited to one; the action likewise; after,
 * before, the first time and the one behind the last, limit.
 */
export const pagesOfAudit = {
  all: pages(),
  user: pages('"userId" = ? AND '),
  action: pages('"action" = ? AND '),
  both: pages('"userId" = ? AND "action" = ? AND '),
};

/** Deletes some of the oldest entries. Parameters: the time before which they are old, how many at most. */
export const deleteOldAudit = plainStatement<never>(
  `DELETE FROM "AuditEntry" WHERE "id" IN (SELECT "id" FROM "AuditEntry" WHERE "at" < ? ORDER BY "at" LIMIT ?)`,
);
