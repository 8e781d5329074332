import type { LineOutput } from './standard-output.ts';

/** The level of pino from which on a line is written at once: `warn`. */
const urgentLevel = 40;
/** Characters of lines that are written at the latest. */
const maxWaiting = 65_536;

/** A destination of pino. Pino sets the level of each line before it writes the line (`pino.metadata`). */
export interface GatheredLines {
  [metadata]: true;
  lastLevel: number;
  write(line: string): void;
}

const metadata: unique symbol = Symbol.for('pino.metadata');

/**
 * Writes the lines of one turn of the event loop together, because a write of its own takes as long as making the line.
 * Warnings and errors are written at once, behind the lines that wait for them. No line waits when the process ends: only
 * one that is killed, or crashes outside of JavaScript, loses the lines of its last turn.
 */
export function gatherLines(output: Pick<LineOutput, 'write'>): GatheredLines {
  let lines = '';
  const flush = () => {
    const text = lines;
    lines = '';
    if (text !== '') output.write(text);
  };
  process.once('exit', flush);
  return {
    [metadata]: true,
    lastLevel: urgentLevel,
    write(line) {
      if (lines === '') setImmediate(flush);
      lines += line;
      if (this.lastLevel >= urgentLevel || lines.length >= maxWaiting) flush();
    },
  };
}
