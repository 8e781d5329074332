import pg from 'pg';
import { longestTimerMs } from '../../config/longest-timer.ts';

export interface PostgresOptions {
  /** `postgresql://user:password@host:5432/database`, with the parameters of libpq, such as `sslmode`. */
  url: string;
  /** The most connections that are open at once. */
  connections: number;
  /** Milliseconds that a statement may take, and that a caller may wait for a connection. */
  timeoutMs: number;
}

/** How long a server may take beyond `timeoutMs` to say that it has cancelled a statement, in milliseconds. */
const cancelMs = 1_000;

/**
 * Opens no connection yet. Connections that fail are replaced when the next one is needed.
 *
 * @param onError Is told when a connection breaks that nobody uses.
 */
export function createPool(options: PostgresOptions, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({ ...connectionConfig(options), max: options.connections });
  // Without a listener, a connection that breaks would end the process: while nobody uses it, and within a transaction.
  pool.on('error', onError);
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}

/** How to connect: for the pool, and for connections of their own, which migrations and the claim need. */
export function connectionConfig({ url, timeoutMs }: PostgresOptions): pg.ClientConfig {
  const { connectionString, options } = withTimeZone(url);
  return {
    connectionString,
    options,
    application_name: 'switchyard',
    connectionTimeoutMillis: timeoutMs,
    statement_timeout: timeoutMs,
    // A server that is frozen or cut off cancels nothing, so the client must give up too.
    query_timeout: Math.min(timeoutMs + cancelMs, longestTimerMs),
    // A transaction whose gateway is frozen must not lock rows for ever.
    idle_in_transaction_session_timeout: timeoutMs,
    lock_timeout: timeoutMs,
    keepAlive: true,
  };
}

/**
 * Columns without a time zone get the default of the connection, and `CURRENT_TIMESTAMP` must be in UTC, as Prisma's
 * times are. The options of the URL are taken out of it, because pg would take them instead of ours.
 */
function withTimeZone(url: string): { connectionString: string; options: string } {
  const parsed = new URL(url);
  const own = parsed.searchParams.get('options');
  parsed.searchParams.delete('options');
  return { connectionString: parsed.href, options: `${own ?? ''} -c TimeZone=UTC`.trim() };
}
