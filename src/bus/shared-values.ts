/**
 * Short texts that all gateways see, each for a limited time: where a node is connected, how many runs a user has. They
 * may be lost at any time, so its publisher sets it again before its time is over. Nothing rejects: while Redis is
 * away, what is set is lost, and nothing is found.
 */
export interface SharedValues {
  /** Whether what others have set cannot be read now. */
  readonly isAway: boolean;
  /** Sets a value for `ttlMs` milliseconds. */
  set(key: string, value: string, ttlMs: number): Promise<void>;
  /** The values in the order of the keys; undefined for each that is not there. */
  get(keys: readonly string[]): Promise<(string | undefined)[]>;
  /** Deletes a value if it is still this one, so that a gateway does not delete what another has set since. */
  delete(key: string, value: string): Promise<void>;
}
