import { withoutNul } from '../postgres/postgres-text.ts';
import { ForeignValueError } from './refused-row.ts';
import type { Column } from './source-table.ts';

/**
 * The values of a row as texts, from which PostgreSQL makes the types of its columns. A JSON column keeps its text. The
 * same row of both databases has the same values, so that they can be compared.
 *
 * @throws ForeignValueError if a column of times has something else.
 */
export function rowValues(columns: readonly Column[], row: Record<string, unknown>): (string | null)[] {
  return columns.map(({ name, kind }) => {
    const value = row[name];
    return value === null || value === undefined ? null : toText(kind, value);
  });
}

function toText(kind: Column['kind'], value: unknown): string {
  if (kind === 'boolean') return String(Boolean(value));
  if (kind === 'time') return timeOf(value as string | bigint);
  // JSON has no bare U+0000, only its escape, which stays.
  return withoutNul(String(value));
}

/** A time in UTC. SQLite's own default has no time zone, and is in UTC as well. */
function timeOf(value: string | bigint): string {
  const time = new Date(typeof value === 'bigint' ? Number(value) : zoned(value));
  if (Number.isNaN(time.getTime()))
    throw new ForeignValueError(`${JSON.stringify(String(value))} is not a time`);
  return time.toISOString();
}

function zoned(value: string): string {
  return /(?:Z|[+-]\d\d:\d\d)$/.test(value) ? value : `${value.replace(' ', 'T')}Z`;
}
