/** The sender of a request. */
export interface StreamOwner {
  /** Differs from the name of every other sender. */
  readonly name: string;
  /** Whether the request may only open the stream of a subscription, because a ticket in its URL opened it. */
  readonly onlyFollows?: boolean;
  /** Watches the token of the sender. Returns null or undefined when there is no token that could become invalid. */
  watch(): OwnerWatch | null | undefined;
}

/** A watch on a token. Disposing ends it. */
interface OwnerWatch extends Disposable {
  /** Aborts when the token becomes invalid. */
  readonly signal: AbortSignal;
}
