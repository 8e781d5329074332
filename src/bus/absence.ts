/** Something on the network that can be away. */
export interface Absence {
  readonly isAway: boolean;
  /** Whether it may be asked: while it is away only now and then, to find out whether it is back. */
  mayAsk(): boolean;
  /** It did not answer. */
  begin(error: unknown): void;
  /** It answered. */
  end(): void;
}

export interface AbsenceOptions {
  /** How long it is not asked once it did not answer. */
  restMs: number;
  /** Called when it goes away, and not again until it is back. */
  onBegin(error: unknown): void;
  onEnd(): void;
}

/** While something is away one question at a time finds out whether it is back; the others do without it at once. */
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
