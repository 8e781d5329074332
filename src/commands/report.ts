/** What a command that manages something tells. */
export interface CommandReport {
  /** The requested data, for standard output. */
  output?: string;
  /** A sentence for the person, for standard error. */
  note?: string;
}

/** Writes the data and the note apart, so that `TOKEN=$(switchyard token create …)` holds only the token. */
export function printReport({ output, note }: CommandReport): void {
  if (note) process.stderr.write(`${note}\n`);
  if (output) process.stdout.write(`${output}\n`);
}

/** Lays out rows in columns. The cells must be single lines. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Formats a time in UTC, without seconds. */
export function toMinute(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')}Z`;
}
