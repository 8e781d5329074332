/** Rows of the first piece, and the bounds of the following ones. */
const [firstRows, fewestRows, mostRows] = [200, 50, 2_000];
/** Milliseconds that a statement should take: well below the time for which requests may wait for each other. */
const targetMs = 8;

/**
 * How many rows a statement deletes at once. Rows differ: one may be a word, another a megabyte with a hundred tool
 * calls. So each piece is sized by the time that the one before it took.
 */
export class PieceSize {
  rows = firstRows;

  /** Deletes at most `rows` rows, and sizes the next piece. Returns how many rows were deleted. */
  async measure(deleteRows: () => Promise<number>): Promise<number> {
    const { rows } = this;
    const startedAt = performance.now();
    const count = await deleteRows();
    const tookMs = performance.now() - startedAt;
    if (tookMs > targetMs) this.rows = Math.max(fewestRows, Math.floor(rows / 2));
    else if (count === rows && tookMs < targetMs / 2) this.rows = Math.min(mostRows, rows * 2);
    return count;
  }
}
