import type { RowSize } from '../../storage/statements/exported-messages.ts';

/** Rows that are read or written at once. */
const rowsAtOnce = 200;
/** Bytes that are read or written at once, unless a single row has more. */
export const bytesAtOnce = 1_000_000;

/** Divides rows so that each piece has a bounded number of bytes. */
export function* inPieces(rows: readonly RowSize[]): Generator<number[]> {
  let piece: number[] = [];
  let total = 0;
  for (const { id, bytes } of rows) {
    if (piece.length === rowsAtOnce || (piece.length > 0 && total + bytes > bytesAtOnce)) {
      yield piece;
      piece = [];
      total = 0;
    }
    piece.push(id);
    total += bytes;
  }
  if (piece.length > 0) yield piece;
}
