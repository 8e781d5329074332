/** A value that a statement is given for a `?`. A `Date` is stored as Prisma stores it. */
export type Parameter = string | number | bigint | boolean | Date | null;

export type Dialect = 'sqlite' | 'postgresql';

/** A row as the driver returns it. */
export type RawRow = Record<string, unknown>;

/** Converts a row of the driver, in place, to the types that Prisma gives its columns. */
export type RowDecoder<Row> = (row: RawRow) => Row;

/**
 * One SQL statement. Each connection prepares it once, when it is first used, so a statement must be created when its
 * module is loaded and not for each call. Its text holds a `?` for each parameter, and quotes the names of tables and
 * columns. PostgreSQL runs it too: see `toPostgres`.
 */
export interface Statement<Row> {
  readonly sql: string;
  readonly decode: RowDecoder<Row>;
}

/** A value, or a promise of it where the driver or a wait needs one. `await` takes both. */
export type MaybePromise<T> = T | Promise<T>;

/** Reads rows. */
export interface Reader {
  all<Row>(statement: Statement<Row>, parameters: readonly Parameter[]): MaybePromise<Row[]>;
  /** The first row; undefined if there is no row. */
  get<Row>(statement: Statement<Row>, parameters: readonly Parameter[]): MaybePromise<Row | undefined>;
}

/** Reads and writes within one transaction. */
export interface Writer extends Reader {
  /** Runs a statement that returns no rows, and returns how many rows it changed. */
  run(statement: Statement<unknown>, parameters: readonly Parameter[]): MaybePromise<number>;
  /**
   * Waits until no other transaction changes the rows of a session. A transaction that decides by what it has read of a
   * session calls this first. SQLite runs one transaction at a time, and does nothing here.
   */
  lockSession(sessionId: number): MaybePromise<void>;
  /** As `lockSession`, for several sessions. */
  lockSessions(sessionIds: readonly number[]): MaybePromise<void>;
}

/** Is told of each statement when it is executed. */
export type StatementListener = (sql: string, parameters: readonly Parameter[]) => void;

/**
 * The statements of the hot paths: what a chat and a read ask of the database. Everything else uses Prisma, which costs
 * thirty to sixty times the processor time of a prepared statement.
 */
export interface Statements extends Reader {
  /** Which SQL the database understands, for the few statements that Prisma runs as they are written. */
  readonly dialect: Dialect;
  /**
   * Runs `work` in one transaction, and commits it when `work` has resolved. It rolls back if `work` throws.
   *
   * @param work Must use only its own `Writer`: Prisma's statements would wait for the transaction.
   */
  transaction<T>(work: (writer: Writer) => MaybePromise<T>): Promise<T>;
  /** Calls `listener` for each statement that is executed. Tests count statements with it. */
  observe(listener: StatementListener): void;
}
