/**
 * Remembers whether a server on the network is away, so that callers need not wait for it again. It is a circuit
 * breaker: while the server is away, one request at a time tests whether it is back, and all others continue without
 * the server at once.
 */
export interface CircuitBreaker {
  /** Whether the last request to the server failed. */
  readonly isAway: boolean;
  /** Whether the server may be asked now. While it is away, this is true only once per `restMs`. */
  mayAsk(): boolean;
  /** Called when the server did not reply. */
  failed(error: unknown): void;
  /** Called when the server replied. */
  succeeded(): void;
  /** Called when the server has taken a new connection: it may be asked at once. */
  connected(): void;
}

export interface CircuitBreakerOptions {
  /** Milliseconds for which the server is not asked after it did not reply. */
  restMs: number;
  /** Called once when the server goes away, and not again until it has been back. */
  onAway(error: unknown): void;
  /** Called when the server is back. */
  onBack(): void;
}

export function createCircuitBreaker({ restMs, onAway, onBack }: CircuitBreakerOptions): CircuitBreaker {
  let isAway = false;
  let askAt = 0;
  return {
    get isAway() {
      return isAway;
    },
    mayAsk() {
      if (!isAway) return true;
      const now = performance.now();
      if (now < askAt) return false;
      askAt = now + restMs;
      return true;
    },
    failed(error) {
      if (!isAway) onAway(error);
      isAway = true;
      askAt = performance.now() + restMs;
    },
    succeeded() {
      if (isAway) onBack();
      isAway = false;
    },
    connected() {
      askAt = 0;
    },
  };
}
