import type { Dialect } from '../../storage/statements/statement.ts';

/** Rows of the first piece, and of the smallest. */
const [firstRows, fewestRows] = [200, 50];

/**
 * Milliseconds that a statement should take, and the most rows of a piece. A statement of SQLite holds the event loop. One
 * of PostgreSQL keeps only a connection busy, because nobody else needs the rows.
 */
const bounds: Record<Dialect, { targetMs: number; mostRows: number }> = {
  sqlite: { targetMs: 8, mostRows: 2_000 },
  postgresql: { targetMs: 100, mostRows: 5_000 },
};

/**
 * How many rows a statement deletes at once. Rows differ: one may be a word, another a megabyte with a hundred tool
 * calls. So each piece is sized by the time that the one before it took.
 */
export class PieceSize {
  rows = firstRows;
  readonly #bounds: { targetMs: number; mostRows: number };

  constructor(dialect: Dialect) {
    this.#bounds = bounds[dialect];
  }

  /** Deletes at most `rows` rows, and sizes the next piece. Returns how many rows were deleted. */
  async measure(deleteRows: () => number | Promise<number>): Promise<number> {
    const { rows } = this;
    const { targetMs, mostRows } = this.#bounds;
    const startedAt = performance.now();
    const count = await deleteRows();
    const tookMs = performance.now() - startedAt;
    if (tookMs > targetMs) this.rows = Math.max(fewestRows, Math.floor(rows / 2));
    else if (count === rows && tookMs < targetMs / 2) this.rows = Math.min(mostRows, rows * 2);
    return count;
  }
}
