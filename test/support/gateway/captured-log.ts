import type { DestinationStream } from 'pino';

/** A line of a gateway's log, parsed. */
export interface LogLine extends Record<string, unknown> {
  msg: string;
}

/** The log of a gateway that runs in the test's process. */
export interface CapturedLog {
  /** Every line so far, oldest first. The array grows. */
  readonly lines: LogLine[];
  /** Resolves with the first line whose message contains this text, now or later. */
  logged(message: string): Promise<LogLine>;
}

export function createCapturedLog(): CapturedLog & { destination: DestinationStream } {
  const lines: LogLine[] = [];
  const waiting = new Set<(line: LogLine) => void>();
  return {
    lines,
    logged(message) {
      const isIt = ({ msg }: LogLine) => msg.includes(message);
      const known = lines.find(isIt);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise((resolve) => {
        const look = (line: LogLine) => {
          if (!isIt(line)) return;
          waiting.delete(look);
          resolve(line);
        };
        waiting.add(look);
      });
    },
    destination: {
      write(text) {
        const line = JSON.parse(text) as LogLine;
        lines.push(line);
        for (const look of waiting) look(line);
      },
    },
  };
}
