import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';
import { hasCode } from './caught-error.ts';

/** Bytes that wait while nobody reads the other end of a pipe. Further lines are lost. */
const maxWaitingBytes = 1_048_576;
const newline = 0x0a;
/** Milliseconds until a full pipe is tried again. */
const retryMs = 50;

export interface LineOutput {
  /**
   * Never throws and never waits.
   *
   * @param line One line, or several.
   */
  write(line: string): void;
  /** Called after a write that succeeded again, with the number of lines that were lost before it. */
  onLost: ((lines: number) => void) | undefined;
}

/**
 * Writes lines to standard output. A reader that stops reading, a stopped terminal, a reader that is gone and a full
 * disk cost lines, but neither delay nor stop the process. A line is written before the call returns, as long as there
 * is room for it.
 *
 * @param fd The descriptor to write to; 2 is standard error.
 */
export function openStandardOutput(fd = 1): LineOutput {
  const stats = fstatSync(fd);
  // A blocking write to a full pipe would stop the whole process. Creating a Socket makes the descriptor non-blocking.
  const pipe =
    stats.isFIFO() || stats.isSocket() ? new Socket({ fd, readable: false, writable: true }) : null;
  pipe?.unref();
  const target = isatty(fd) ? openTerminal(fd) : fd;
  return createLineOutput((bytes) => writeSync(target, bytes));
}

/**
 * Opens the terminal behind a descriptor again, without blocking: while a person has stopped the terminal (Ctrl-S), a
 * blocking write would stop the whole process, and then no signal but SIGKILL could end it. The descriptor itself stays
 * as it is, because other processes share its flags. Where this way to open it does not exist, writes can block.
 */
function openTerminal(fd: number): number {
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return fd;
  }
}

/** @param write Writes bytes and returns how many were taken. Throws the errors of `writeSync`. */
export function createLineOutput(write: (bytes: Buffer) => number): LineOutput {
  /** The beginning of the first line may have been written already. */
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let lost = 0;
  /** Whether only the beginning of the last line was written. */
  let isTorn = false;
  let retry: NodeJS.Timeout | undefined;

  /** Writes the line. Returns the rest if the reader is behind, and undefined if the line is written or lost. */
  const writeLine = (line: Buffer): Buffer | undefined => {
    let rest = line;
    try {
      while (rest.length > 0) rest = rest.subarray(write(rest));
      isTorn = false;
    } catch (error) {
      if (hasCode(error, 'EAGAIN')) return rest;
      isTorn ||= rest.length < line.length;
      lost += rest.length < line.length ? countLineEnds(rest) : linesIn(line);
    }
    return undefined;
  };
  const writeWaiting = () => {
    retry = undefined;
    for (let first = waiting.shift(); first !== undefined; first = waiting.shift()) {
      waitingBytes -= first.length;
      const rest = writeLine(first);
      if (rest === undefined) continue;
      waiting.unshift(rest);
      waitingBytes += rest.length;
      retry = setTimeout(writeWaiting, retryMs);
      return;
    }
  };
  const output: LineOutput = {
    onLost: undefined,
    write(line) {
      const bytes = Buffer.from(isTorn ? `\n${line}` : line);
      if (waitingBytes + bytes.length > maxWaitingBytes) {
        lost += linesIn(bytes);
        return;
      }
      const lostBefore = lost;
      waiting.push(bytes);
      waitingBytes += bytes.length;
      if (retry === undefined) writeWaiting();
      if (lost === 0 || lost > lostBefore || waiting.length > 0) return;
      lost = 0;
      output.onLost?.(lostBefore);
    },
  };
  return output;
}

/** The first byte may be the line break behind a torn line. */
function linesIn(bytes: Buffer): number {
  return countLineEnds(bytes.subarray(1));
}

function countLineEnds(bytes: Buffer): number {
  let lines = 0;
  for (const byte of bytes) if (byte === newline) lines += 1;
  return lines;
}
