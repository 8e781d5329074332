import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlDriverAdapter, SqlQuery, SqlQueryable } from '@prisma/driver-adapter-utils';
import type pg from 'pg';
import { type RecentFailure, watchFailures } from '../failure/watch-failures.ts';
import { withoutNul } from './postgres-text.ts';

type AdapterFactory = Pick<PrismaPg, 'provider' | 'adapterName' | 'connect'>;

/**
 * Prisma's adapter over the pool that the prepared statements use, too.
 *
 * @param recent Gets the failures that the server or the way to it causes.
 */
export function createPostgresAdapter(pool: pg.Pool, recent: RecentFailure): AdapterFactory {
  const factory = new PrismaPg(pool);
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    async connect() {
      const adapter = await factory.connect();
      const connection: SqlDriverAdapter = {
        ...storable(adapter),
        executeScript: (script) => adapter.executeScript(script),
        getConnectionInfo: () => adapter.getConnectionInfo(),
        dispose: () => adapter.dispose(),
        async startTransaction(level) {
          const transaction = await adapter.startTransaction(level);
          return {
            ...storable(transaction),
            options: transaction.options,
            commit: () => transaction.commit(),
            rollback: () => transaction.rollback(),
          };
        },
      };
      return watchFailures(connection, recent) as Awaited<ReturnType<PrismaPg['connect']>>;
    },
  };
}

/** Replaces U+0000 in texts, which PostgreSQL does not store. */
function storable(queryable: SqlQueryable): SqlQueryable {
  const clean = (query: SqlQuery): SqlQuery => ({
    ...query,
    args: query.args.map((value) => (typeof value === 'string' ? withoutNul(value) : value)),
  });
  return {
    provider: queryable.provider,
    adapterName: queryable.adapterName,
    queryRaw: (query) => queryable.queryRaw(clean(query)),
    executeRaw: (query) => queryable.executeRaw(clean(query)),
  };
}
