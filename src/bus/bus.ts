/**
 * Rings: hints that a log has grown. A ring carries no data and may be lost; whoever waits for one also
 * looks by itself now and then.
 */
export interface Bus {
  ring(topic: string): void;
  /** Calls the listener at every ring of the topic until the returned subscription is disposed. */
  listen(topic: string, listener: () => void): Disposable;
}
