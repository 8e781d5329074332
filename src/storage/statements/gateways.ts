import { plainStatement } from './row-decoder.ts';

// Leases of gateways that share a database of PostgreSQL. Only PostgreSQL runs the statements with times, which are those
// of the clock of its server, because the clocks of the gateways may differ.

const now = `CAST(clock_timestamp() AS TIMESTAMP)`;

/** Parameters: the id of the gateway, milliseconds until the lease ends. */
export const renewLease = plainStatement<never>(
  `INSERT INTO "Gateway" ("id", "leaseUntil") VALUES (?, ${now} + CAST(? AS INTEGER) * INTERVAL '1 millisecond')
  ON CONFLICT ("id") DO UPDATE SET "leaseUntil" = excluded."leaseUntil"`,
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
