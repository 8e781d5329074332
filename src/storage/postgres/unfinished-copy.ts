import type pg from 'pg';
import { StartupError } from '../../config/startup-error.ts';

/** The name of a row of `Secret` that a database has while data is copied into it. Its value names the source. */
export const marker = 'migrate-data';

/**
 * Marks a database as one into which a source is being copied.
 *
 * @returns Whether an earlier copy of the same source was broken off, and goes on now.
 * @throws StartupError if the database holds other data.
 */
export async function beginCopy(target: pg.Client, source: string): Promise<boolean> {
  const begun = await sourceOf(target);
  if (begun === source) return true;
  const { rows } = await target.query<{ isUsed: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM "Session") OR EXISTS (SELECT 1 FROM "AgentNode") OR EXISTS (SELECT 1 FROM "ApiToken") AS "isUsed"`,
  );
  if (begun !== undefined || rows[0]?.isUsed) {
    throw new StartupError(
      begun === undefined
        ? 'The database of --to holds data already: choose an empty one.'
        : `The database of --to holds a part of ${begun}: copy that one to its end, or choose an empty database.`,
    );
  }
  await target.query('INSERT INTO "Secret" ("name", "value") VALUES ($1, $2)', [marker, source]);
  return false;
}

export async function endCopy(target: pg.Client): Promise<void> {
  await target.query('DELETE FROM "Secret" WHERE "name" = $1', [marker]);
}

/** @throws StartupError if a copy into the database has not ended: a gateway would work on a part of the data. */
export async function refuseUnfinishedCopy(target: pg.Client): Promise<void> {
  const source = await sourceOf(target);
  if (source === undefined) return;
  throw new StartupError(
    `The database at DATABASE_URL holds only a part of ${source}: run "switchyard migrate-data" again, which goes on where it stopped.`,
  );
}

async function sourceOf(target: pg.Client): Promise<string | undefined> {
  const { rows } = await target.query<{ value: string }>('SELECT "value" FROM "Secret" WHERE "name" = $1', [
    marker,
  ]);
  return rows[0]?.value;
}
