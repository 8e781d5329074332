/** The body of a request that is made while it is sent, so that it is never in memory as a whole. */
export class StreamedBody {
  /** Its length in bytes. */
  readonly size: number;
  /** Makes the pieces. What it opens, it closes when its reader leaves. */
  readonly pieces: () => AsyncIterable<Uint8Array>;

  constructor(size: number, pieces: () => AsyncIterable<Uint8Array>) {
    this.size = size;
    this.pieces = pieces;
  }
}
