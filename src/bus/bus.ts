/**
 * Carries rings: hints that a log has grown. A ring has no data and may be lost, so a listener must also read the
 * log from time to time without a ring.
 */
export interface Bus {
  ring(topic: string): void;
  /** Calls the listener at every ring of the topic until the returned subscription is disposed. */
  listen(topic: string, listener: () => void): Disposable;
}
