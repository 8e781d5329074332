import type pg from 'pg';

/**
 * Moves the changes of transactions that this server has not had yet to the beginning of the change log. Such rows come with
 * a backup of another server. Followers would wait for these transactions.
 */
export async function admitRestoredChanges(client: pg.Client): Promise<void> {
  await client.query(`UPDATE "Change" SET "transactionId" = 0
    WHERE "transactionId" >= CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)`);
}
