import { plainStatement } from './row-decoder.ts';

// Leases of gateways that share a database of PostgreSQL. Only PostgreSQL runs the statements with times, which are those
// of the clock of its server, because the clocks of the gateways may differ.

const now = `CAST(clock_timestamp() AS TIMESTAMP)`;

/**
 * Does not wait until the server has written it to its disk: a disk that is busy for a second must not cost a lease. A server
 * that crashes may forget the newest renewal, and the next one follows before the time of the one before is over.
 * Parameters: the id of the gateway, milliseconds until the lease ends.
 */
export const renewLease = plainStatement<{ waitsForDisk: string }>(
  `INSERT INTO "Gateway" ("id", "leaseUntil") VALUES (?, ${now} + CAST(? AS INTEGER) * INTERVAL '1 millisecond')
  ON CONFLICT ("id") DO UPDATE SET "leaseUntil" = excluded."leaseUntil"
  RETURNING set_config('synchronous_commit', 'off', TRUE) AS "waitsForDisk"`,
);

/** The gateways whose leases have not ended. */
export const liveGateways = plainStatement<{ id: string }>(
  `SELECT "id" FROM "Gateway" WHERE "leaseUntil" > ${now} ORDER BY "id"`,
);

/** Parameter: the id of the gateway. */
export const endLease = plainStatement<never>('DELETE FROM "Gateway" WHERE "id" = ?');

/**
 * Ends the leases whose time is over. Until the transaction ends, their gateways cannot renew them: they wait, and then
 * find what was taken from them.
 */
export const endOverdueLeases = plainStatement<never>(`DELETE FROM "Gateway" WHERE "leaseUntil" <= ${now}`);

/** Ends all leases, for a gateway that has locked the database for itself alone. */
export const endAllLeases = plainStatement<never>('DELETE FROM "Gateway"');
