/** Whom a request is from. */
export interface StreamOwner {
  /** A name that nobody else has. */
  readonly name: string;
  /** Watches what they are known by; nothing where that is good for good. */
  watch(): OwnerWatch | null | undefined;
}

/** Disposing ends the watch. */
interface OwnerWatch extends Disposable {
  /** Aborts when they are not known any more. */
  readonly signal: AbortSignal;
}
