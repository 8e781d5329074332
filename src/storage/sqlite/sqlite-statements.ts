import Sqlite from 'better-sqlite3';
import { shareTurn } from '../../base/share-turn.ts';
import { isSqliteBusy } from '../failure/sqlite-error.ts';
import type { RecentFailure } from '../failure/watch-failures.ts';
import { plannedOnce, timeText } from '../statements/dialect.ts';
import type {
  MaybePromise,
  Parameter,
  RawRow,
  Statement,
  StatementListener,
  Statements,
  Writer,
} from '../statements/statement.ts';
import { createGroupCommit } from './group-commit.ts';
import type { RetryBusy } from './retry-busy.ts';
import { writerPragmas } from './sqlite-adapter.ts';

export interface SqliteStatementsOptions {
  /** The path of the database file. */
  file: string;
  /** Waits until no transaction of Prisma's connection is open, and returns the function that lets the next one begin. */
  acquire: () => Promise<() => void>;
  retryBusy: RetryBusy;
  /** Gets the failures that the disk or another program causes. */
  recent: RecentFailure;
}

export interface SqliteStatements extends Statements {
  close(): void;
}

/**
 * Two connections of their own to the SQLite file, beside Prisma's. Reads use the first, which sees only what was
 * committed and never waits for a writer (WAL). Transactions use the second, in one queue with Prisma's.
 */
export function openSqliteStatements({
  file,
  acquire,
  retryBusy,
  recent,
}: SqliteStatementsOptions): SqliteStatements {
  const listeners: StatementListener[] = [];
  const observed: StatementListener = (sql, parameters) => {
    for (const listener of listeners) listener(sql, parameters);
  };
  const reading = new Sqlite(file, { readonly: true, timeout: 0 });
  const writing = new Sqlite(file, { timeout: 0 });
  writing.exec(writerPragmas);
  const reader = connectionWriter(reading, observed);
  const commit = createGroupCommit({ writing, writer: connectionWriter(writing, observed), acquire });

  /** Runs a read now, unless others must get a turn first or another process locks the file. */
  function read<T>(work: () => T): MaybePromise<T> {
    const turn = shareTurn();
    if (turn) return turn.then(() => read(work));
    try {
      return work();
    } catch (error) {
      if (!isSqliteBusy(error)) throw noted(error, recent);
      return retryBusy(async () => work());
    }
  }

  return {
    dialect: 'sqlite',
    all: (statement, parameters) => read(() => reader.all(statement, parameters)),
    get: (statement, parameters) => read(() => reader.get(statement, parameters)),
    async transaction(work) {
      try {
        const result = await retryBusy(() => commit(work));
        recent.clear();
        return result;
      } catch (error) {
        throw noted(error, recent);
      }
    },
    observe: (listener) => void listeners.push(listener),
    close() {
      reading.close();
      writing.close();
    },
  };
}

function noted(error: unknown, recent: RecentFailure): unknown {
  recent.note(error);
  return error;
}

interface SyncWriter extends Writer {
  all<Row>(statement: Statement<Row>, parameters: readonly Parameter[]): Row[];
  get<Row>(statement: Statement<Row>, parameters: readonly Parameter[]): Row | undefined;
  run(statement: Statement<unknown>, parameters: readonly Parameter[]): number;
}

interface Prepared {
  statement: Sqlite.Statement<unknown[], unknown[]>;
  toRow: ToRow;
}

/** Makes the object of a row from the values of its columns. */
type ToRow = (values: readonly unknown[]) => RawRow;

/** Runs statements on a connection, each prepared once. */
export function connectionWriter(connection: Sqlite.Database, observed: StatementListener): SyncWriter {
  const prepared = new Map<Statement<unknown>, Prepared>();
  const prepare = (statement: Statement<unknown>, parameters: readonly Parameter[]) => {
    observed(statement.sql, parameters);
    const known = prepared.get(statement) ?? prepareOn(connection, statement.sql);
    prepared.set(statement, known);
    return known;
  };
  return {
    all(known, parameters) {
      const { statement, toRow } = prepare(known, parameters);
      const rows = statement.all(...parameters.map(toSqlite));
      return rows.map((values) => known.decode(toRow(values)));
    },
    get(known, parameters) {
      const { statement, toRow } = prepare(known, parameters);
      const values = statement.get(...parameters.map(toSqlite));
      return values === undefined ? undefined : known.decode(toRow(values));
    },
    run: (known, parameters) => prepare(known, parameters).statement.run(...parameters.map(toSqlite)).changes,
    lockSession: () => undefined,
    lockSessions: () => undefined,
  };
}

function prepareOn(connection: Sqlite.Database, sql: string): Prepared {
  const statement = connection.prepare<unknown[], unknown[]>(plannedOnce(sql));
  if (!statement.reader) return { statement, toRow: rowOf([]) };
  const columns = statement.columns().map(({ name }) => name);
  return { statement: statement.raw(), toRow: rowOf(columns) };
}

/**
 * Writes the function that makes a row with these columns. V8 knows the fields of an object literal, so that the function
 * takes a tenth of the time of a loop over the names, and the driver would take longer still. The loop would also make a hash
 * table of a row with more than 19 columns, and every use of such a row would take five times as long. The names are those
 * of the gateway's own statements; nothing that a client sends is ever part of the function.
 */
function rowOf(columns: readonly string[]): ToRow {
  const fields = columns.map((name, index) => `${JSON.stringify(name)}: values[${index}]`);
  return new Function('values', `return { ${fields.join(', ')} };`) as ToRow;
}

/** SQLite has no type for times and truth values. Prisma's adapter stores them in the same forms. */
function toSqlite(parameter: Parameter): string | number | bigint | null {
  if (parameter instanceof Date) return timeText(parameter);
  return typeof parameter === 'boolean' ? Number(parameter) : parameter;
}
