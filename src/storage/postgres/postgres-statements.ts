import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { isConnectionLost, isServerFull, isTransactionConflict } from '../failure/postgres-error.ts';
import type { RecentFailure } from '../failure/watch-failures.ts';
import { amongIds, idList, toPostgres } from '../statements/dialect.ts';
import { plainStatement } from '../statements/row-decoder.ts';
import type {
  MaybePromise,
  Parameter,
  RawRow,
  Statement,
  StatementListener,
  Statements,
  Writer,
} from '../statements/statement.ts';
import { withoutNul } from './postgres-text.ts';
import { inTransaction } from './postgres-transaction.ts';

export interface PostgresStatementsOptions {
  pool: pg.Pool;
  /** Gets the failures that the server or the way to it causes. */
  recent: RecentFailure;
}

/** NO KEY: rows that refer to the session may be inserted meanwhile. Parameter: the id. */
const lockSession = plainStatement<never>('SELECT 1 FROM "Session" WHERE "id" = ? FOR NO KEY UPDATE');
/** In the order of their ids, so that no two transactions wait for each other. Parameter: the ids. */
const lockSessions = plainStatement<never>(
  `SELECT 1 FROM "Session" WHERE "id" ${amongIds} ORDER BY "id" FOR NO KEY UPDATE OF "Session"`,
);

/** How often a transaction is repeated that PostgreSQL ended because of another one. */
const mostConflicts = 5;
/** How long a statement is repeated that gets no connection or loses it, in milliseconds: most restarts take less. */
const restartMs = 1_000;
/** Milliseconds between two tries. */
const retryMs = 50;

/**
 * Runs statements on the connections of a pool. Each connection prepares a statement when it first runs it.
 * Transactions run at the same time and see what others commit meanwhile (READ COMMITTED): one that reads a session's
 * rows before it changes them locks the session first, with `lockSession`.
 */
export function openPostgresStatements({ pool, recent }: PostgresStatementsOptions): Statements {
  const listeners: StatementListener[] = [];
  const writerOn = writersOn((sql, parameters) => {
    for (const listener of listeners) listener(sql, parameters);
  });

  /**
   * Repeats what has changed nothing: after a conflict with another transaction, while the server restarts, and while it
   * takes no more connections, because one that the gateway has already may be free by then.
   */
  async function repeated<T>(work: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + restartMs;
    for (let conflicts = 0; ; ) {
      try {
        return await work();
      } catch (error) {
        if (isTransactionConflict(error) && conflicts < mostConflicts) conflicts += 1;
        else if (!(isConnectionLost(error) || isServerFull(error)) || performance.now() >= deadline) {
          recent.note(error);
          throw error;
        } else await delay(retryMs);
      }
    }
  }

  async function transaction<T>(work: (writer: Writer) => MaybePromise<T>): Promise<T> {
    const value = await inTransaction(pool, async (client) => work(writerOn(client)));
    recent.clear();
    return value;
  }

  const reader = writerOn(pool);
  return {
    dialect: 'postgresql',
    all: (statement, parameters) => repeated(async () => reader.all(statement, parameters)),
    get: (statement, parameters) => repeated(async () => reader.get(statement, parameters)),
    transaction: (work) => repeated(() => transaction(work)),
    observe: (listener) => void listeners.push(listener),
  };
}

type Connection = pg.Pool | pg.ClientBase;

/** Runs statements on connections, which must all have the same tables. */
export function writersOn(observed: StatementListener): (on: Connection) => Writer {
  const prepared = new Map<Statement<unknown>, { name: string; text: string }>();

  async function query(on: Connection, statement: Statement<unknown>, parameters: readonly Parameter[]) {
    observed(statement.sql, parameters);
    let known = prepared.get(statement);
    if (known === undefined) {
      known = { name: `switchyard_${prepared.size}`, text: toPostgres(statement.sql) };
      prepared.set(statement, known);
    }
    return on.query<RawRow>({ ...known, types, values: parameters.map(toValue) });
  }

  function writerOn(on: Connection): Writer {
    return {
      all: async (statement, parameters) =>
        (await query(on, statement, parameters)).rows.map(statement.decode),
      async get(statement, parameters) {
        const [row] = (await query(on, statement, parameters)).rows;
        return row && statement.decode(row);
      },
      run: async (statement, parameters) => (await query(on, statement, parameters)).rowCount ?? 0,
      async lockSession(sessionId) {
        await query(on, lockSession, [sessionId]);
      },
      async lockSessions(sessionIds) {
        await query(on, lockSessions, [idList(sessionIds)]);
      },
    };
  }

  return writerOn;
}

/** A value as pg sends it. */
function toValue(parameter: Parameter): unknown {
  if (typeof parameter === 'string') return withoutNul(parameter);
  // A year of six digits has a sign in JavaScript, which PostgreSQL does not read.
  return parameter instanceof Date ? parameter.toISOString().replace('+', '') : parameter;
}

const oids = pg.types.builtins;

const asText = (text: string) => text;

/** How the texts that the server sends become values: as those of SQLite, which the decoders of statements expect. */
const parsers: Record<number, (text: string) => unknown> = {
  // A number beyond 2^53 stays a text, which `BigInt` takes without a loss.
  [oids.INT8]: (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text),
  [oids.JSON]: asText,
  // The columns have no time zone, and hold times in UTC.
  [oids.TIMESTAMP]: (text) => `${text.replace(' ', 'T')}Z`,
};

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => parsers[oid] ?? pg.types.getTypeParser(oid, format),
};
