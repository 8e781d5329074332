import { withoutNul } from '../postgres/postgres-text.ts';
import type { Column } from './source-table.ts';

/**
 * The values of a row as texts, from which PostgreSQL makes the types of its columns. A JSON column keeps its text. The
 * same row of both databases has the same values, so that they can be compared.
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
  if (typeof value === 'bigint') return new Date(Number(value)).toISOString();
  const isZoned = /(?:Z|[+-]\d\d:\d\d)$/.test(value);
  return new Date(isZoned ? value : `${value.replace(' ', 'T')}Z`).toISOString();
}
