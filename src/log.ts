import { type DestinationStream, destination as file, type LogFn, type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { describeError } from './base/log-error.ts';

export interface LogOptions {
  level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** One JSON object a line, or lines for people. */
  format: 'json' | 'pretty';
  /** Default: standard output. */
  destination?: DestinationStream;
}

const secrets = [
  'authorization',
  'Authorization',
  'cookie',
  'Cookie',
  'set-cookie',
  'proxy-authorization',
  'x-api-key',
  'x-goog-api-key',
  'x-graphql-event-stream-token',
  'apiKey',
  'password',
  'token',
];

/**
 * The gateway's log. Keys and credentials in what is logged are blotted out down to the third level, and
 * errors are cut down to what carries no conversation. A line is written before the call returns, so nothing
 * is lost when the process ends.
 */
export function createLog({ level, format, destination }: LogOptions): Logger {
  const output = destination ?? file({ fd: 1, sync: true });
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError, error: describeError },
      hooks: { logMethod: abridgeMessage },
      redact: { paths: secrets.flatMap(atThreeLevels), censor: '[redacted]' },
    },
    format === 'pretty' ? pretty(output) : output,
  );
}

// Without a message of its own, a line would take the error's, in full.
function abridgeMessage(this: Logger, args: Parameters<LogFn>, write: LogFn): void {
  const [first, message]: unknown[] = args;
  const error = isObject(first) && 'err' in first ? first.err : first;
  if (isObject(first) && message === undefined && error instanceof Error) {
    write.call(this, first, describeError(error).message);
  } else {
    write.apply(this, args);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function atThreeLevels(key: string): string[] {
  return [`["${key}"]`, `*["${key}"]`, `*.*["${key}"]`];
}

// Not pino-pretty's own stream: that writes later, and what is not yet written is lost at exit.
function pretty(output: DestinationStream): DestinationStream {
  const format = prettyFactory({ translateTime: 'SYS:HH:MM:ss.l' });
  return { write: (line) => output.write(format(line)) };
}
