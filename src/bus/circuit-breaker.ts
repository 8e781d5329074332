/** Remembers whether a server on the network is away, that is, does not reply. */
export interface Absence {
  readonly isAway: boolean;
  /** Whether the server may be asked now. While it is away, this is true only once per `restMs`, to find out whether it is back. */
  mayAsk(): boolean;
  /** Called when the server did not reply. */
  begin(error: unknown): void;
  /** Called when the server replied. */
  end(): void;
}

export interface AbsenceOptions {
  /** Milliseconds for which the server is not asked after it did not reply. */
  restMs: number;
  /** Called once when the server goes away, and not again until it has been back. */
  onBegin(error: unknown): void;
  onEnd(): void;
}

/** While the server is away, one request at a time tests whether it is back; all others continue without it at once. */
export function createAbsence({ restMs, onBegin, onEnd }: AbsenceOptions): Absence {
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
    begin(error) {
      if (!isAway) onBegin(error);
      isAway = true;
      askAt = performance.now() + restMs;
    },
    end() {
      if (isAway) onEnd();
      isAway = false;
    },
  };
}
